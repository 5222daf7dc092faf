import type { Effect } from '../core/effects';
import type { Event } from '../core/events';
import type { IHistory, Log } from '../daemon/ports';
import type { OwnDirectory } from '../host/ownDirectory';
import { refusal, type Refusal } from '../protocol/errors';
import type { Execution } from '../protocol/execution';
import type { HistoryPage, ReportView, SeriesView } from '../protocol/history';
import type { HistoryQuery, ReportQuery, SeriesQuery } from '../protocol/historyQuery';
import type { Orders } from './messages';
import { Recorder } from './recorder';
import type { Limits } from './retention';
import { Sampling } from './sampling';
import { HAS_SQLITE } from './sqlite';
import { type StoreError, StoreThread } from './thread';

const NAME = 'history.db';

/** How many questions may wait for answers; each takes its time of one thread. */
const QUESTIONS_MAX = 16;

/** What history needs. */
export type HistoryParts = {
  readonly directory: OwnDirectory;
  /** The bundle of worker.ts. */
  readonly program: string;
  /** How much of the past is kept; no days for none. */
  readonly limits: () => Limits;
  readonly nowMs: () => number;
  readonly log: Log;
  /** A source's hash with the key of this directory (HIST3). */
  readonly key: (sourceHash: string | null) => string | null;
  /** Executions of another file were added. */
  readonly onAdded: (executions: readonly Execution[]) => void;
  /** Show people these notices, replacing the previous ones. */
  readonly notice: (notices: readonly string[]) => void;
};

/** How many executions a sidecar that starts learns from: days of a node, read in a few hundredths of a second. */
const RECENT_MAX = 2000;

/**
 * What happened: recorded as it happens, and answered from (HIST2).
 *
 * #### Notes
 * An observer: nothing here decides anything, nor keeps a cell waiting. The first execution starts
 * its thread; before that it costs nothing.
 */
export class History implements IHistory {
  private readonly thread: StoreThread;
  private readonly recorder: Recorder;
  private readonly sampling = new Sampling();
  private readonly whyNever: string | null;
  private paused: string | null = null;
  private replaced: readonly string[] = [];
  private hasTold = false;

  constructor(private readonly parts: HistoryParts) {
    const { directory, program, limits, nowMs, log } = parts;
    this.thread = new StoreThread({
      place: { path: directory.at(NAME), named: directory.named(NAME) },
      program,
      onDeath: why => this.tellDeath(why),
      onNotices: notices => {
        this.replaced = notices;
        log('warning', notices.at(-1)!);
        this.tell();
      }
    });
    this.recorder = new Recorder({
      write: batch => this.thread.ask('record', batch),
      limits,
      nowMs,
      onPause: why => this.pause(why),
      onMistake: why => log('error', `a mistake in history: ${why}`)
    });
    this.whyNever = whyNever(directory);
  }

  /** Take in one step of the arbiter. */
  observe(event: Event, effects: readonly Effect[]): void {
    const samples = this.sampling.observe(event, effects);
    if (this.whyOff() !== null) {
      return;
    }
    for (const effect of effects) {
      effect.type === 'executed' && this.recorder.addExecution(effect.execution);
    }
    // What is measured is worth a thread only where something runs.
    samples.length && this.thread.isRunning && this.recorder.addSamples(samples);
  }

  /** The last executions, the newest last; none if they cannot be read. */
  async recent(limit = RECENT_MAX): Promise<readonly Execution[]> {
    if (this.whyOff() !== null || !this.parts.directory.has(NAME)) {
      return [];
    }
    return this.thread.ask('recent', limit).catch((failure: StoreError) => {
      this.parts.log('warning', failure.message);
      return [];
    });
  }

  page(query: HistoryQuery): Promise<HistoryPage | Refusal> {
    return this.ask('page', query);
  }

  series(query: SeriesQuery): Promise<SeriesView | Refusal> {
    return this.ask('series', { ...query, nowMs: this.parts.nowMs() });
  }

  report(query: ReportQuery): Promise<ReportView | Refusal> {
    return this.ask('report', query);
  }

  async add(executions: readonly Execution[]): Promise<{ readonly added: number } | Refusal> {
    const { limits, nowMs, key, onAdded } = this.parts;
    const keyed = executions.map(it => ({ ...it, sourceHash: key(it.sourceHash) }));
    const batch = { executions: keyed, samples: [], limits: limits(), nowMs: nowMs() };
    const added = await this.ask('record', batch);
    if ('code' in added) {
      return added;
    }
    onAdded(added.map(at => keyed[at]!));
    return { added: added.length };
  }

  /** Write down what there is, and close the file. */
  async end(): Promise<void> {
    this.whyOff() ?? (await this.recorder.flush());
    await this.thread.end();
  }

  private async ask<T extends keyof Orders>(
    type: T,
    of: Orders[T][0]
  ): Promise<Orders[T][1] | Refusal> {
    const off = this.whyOff();
    if (off !== null) {
      return refusal('HISTORY_UNAVAILABLE', { why: off });
    }
    if (this.thread.waiting >= QUESTIONS_MAX) {
      return refusal('TOO_MANY', { limit: QUESTIONS_MAX, what: 'questions about history' });
    }
    try {
      this.recorder.hurry();
      return await this.thread.ask(type, of);
    } catch (failure) {
      const { message, isMistake } = failure as StoreError;
      isMistake && this.parts.log('error', `a mistake in history: ${message}`);
      return isMistake
        ? refusal('INTERNAL', { what: 'history' })
        : refusal('HISTORY_UNAVAILABLE', { why: message });
    }
  }

  private whyOff(): string | null {
    return this.parts.limits().days > 0
      ? this.whyNever
      : 'History is off: the configuration says "history: false".';
  }

  private tellDeath(why: string): void {
    this.hasTold ||
      this.parts.log('error', `the thread of history ended, and starts again: ${why}`);
    this.hasTold = true;
  }

  private pause(why: string | null): void {
    why === this.paused || this.parts.log('warning', why ?? 'history is recorded again');
    this.paused = why;
    this.tell();
  }

  private tell(): void {
    this.parts.notice([...this.replaced, ...(this.paused === null ? [] : [this.paused])]);
  }
}

/** Why nothing is recorded here at all; null if it is. */
function whyNever(directory: OwnDirectory): string | null {
  if (!HAS_SQLITE) {
    return `There is no history: it needs Node 22.13 or newer, and this is Node ${process.version}.`;
  }
  // SQLite opens by name, which that user could make lead anywhere.
  return directory.uid === process.getuid?.()
    ? null
    : `There is no history: ${directory.path} belongs to another user.`;
}
