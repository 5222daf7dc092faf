import { failureOf, type EnforcementError, type IEnforcer } from '../enforce/enforcer';
import type { Kept } from '../core/holder/holds';
import { refusal, type Refusal } from '../protocol/errors';
import type { EventBody } from './arbiter';
import { ancestorsOf, isWithin, maySpeak, whyNoKernel } from './identity';
import { Kills } from './kills';
import type { IProcesses, KnownProcess, Log } from './ports';

/** How often holders' processes are looked at, in ms. */
const SWEEP_MS = 1000;

/**
 * How many times as seldom those are looked at that run nothing: their
 * connection ends with them, unless a child of theirs keeps it open.
 */
const IDLE_SWEEPS = 4;

/** How often it is asked whether a child of a holder was killed, in ms. */
const KILLS_LOOK_MS = 5000;

/** How often a holder that is probably ending is looked at, in ms. */
const CLOSE_WATCH_MS = 20;

/** How long a holder is watched closely, in ms. */
const CLOSE_WATCH_FOR_MS = 5000;

/** What the roster of holders is made of. */
export type HoldersParts = {
  readonly enforcer: IEnforcer;
  readonly processes: IProcesses;
  readonly post: (event: EventBody) => void;
  readonly runningHolderIds: () => ReadonlySet<string>;
  readonly log: Log;
  /** Whose processes may register. */
  readonly uid: number;
  /** That user's name. */
  readonly owner: string;
};

/**
 * The process trees that live: lets them arrive, and notices that they are gone.
 *
 * #### Notes
 * A process is known by pid and start ticks, so a pid that was reused is never
 * taken for the one before. Every arrival has exactly one end.
 */
export class Holders {
  private readonly known = new Map<string, KnownProcess>();
  /** Of those that are known, by the pid of their process. */
  private readonly idByPid = new Map<number, string>();
  private readonly closeUntilMs = new Map<string, number>();
  private readonly goneListeners: ((holderId: string) => void)[] = [];
  private readonly changeListeners: (() => void)[] = [];
  private readonly kills: Kills;
  private sweeps = 0;
  private sweepTimer: NodeJS.Timeout | null = null;
  private killsTimer: NodeJS.Timeout | null = null;
  private closeTimer: NodeJS.Timeout | null = null;

  constructor(private readonly parts: HoldersParts) {
    this.kills = new Kills(parts.enforcer);
  }

  /** Start watching; returns the undo. */
  watch(): () => void {
    this.sweepTimer = setInterval(() => this.sweep(this.due()), SWEEP_MS);
    const lookForKills = () => this.known.forEach((_, it) => this.kills.look(it));
    this.killsTimer = setInterval(lookForKills, KILLS_LOOK_MS);
    return () => {
      clearInterval(this.sweepTimer ?? undefined);
      clearInterval(this.killsTimer ?? undefined);
      clearInterval(this.closeTimer ?? undefined);
    };
  }

  /** Call `listener` with each holder that is gone, before its claims are taken back. */
  onGone(listener: (holderId: string) => void): void {
    this.goneListeners.push(listener);
  }

  /** Call `listener` after each arrival and each end, and when somebody keeps something else. */
  onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  has(holderId: string): boolean {
    return this.known.has(holderId);
  }

  list(): readonly KnownProcess[] {
    return [...this.known.values()];
  }

  /**
   * Take a process in: it is confined when this returns.
   *
   * #### Notes
   * The same process again only renews its name and its notebook. Another process under the same
   * id is a restart, and ends the one before; a descendant of the known process speaks for it (a
   * wrapper script that stays). Returns the refusal of what can be no kernel (SEC7), or may not
   * speak for this one (SEC6), and takes nothing in then.
   */
  arrive(newcomer: KnownProcess): Refusal | null {
    const why = this.whyNotArrive(newcomer);
    if (why) {
      return why;
    }
    const before = this.known.get(newcomer.holderId);
    if (before && isWithin(this.parts.processes, newcomer.pid, before)) {
      this.renew(before, newcomer);
      return null;
    }
    if (before) {
      this.end(newcomer.holderId);
    }
    this.adopt(newcomer);
    return null;
  }

  /** SEC6: why who tells this token may not speak for a holder; null for one that does not live. */
  whyNotSpeak(holderId: string, tokenDigest: string | null): Refusal | null {
    const it = this.known.get(holderId);
    return !it || maySpeak(it, tokenDigest) || this.parts.processes.hasEnded(it)
      ? null
      : refusal('NOT_THIS_KERNEL', { id: holderId });
  }

  /** Look whether a holder still lives, now and closely for a while. */
  suspect(holderId: string): void {
    if (!this.known.has(holderId)) {
      return;
    }
    this.sweep([holderId]);
    if (this.known.has(holderId)) {
      this.closeUntilMs.set(holderId, performance.now() + CLOSE_WATCH_FOR_MS);
      this.closeTimer ??= setInterval(() => this.watchClosely(), CLOSE_WATCH_MS);
    }
  }

  /** The GPUs that a holder is bound to until it ends; none where that is not known. */
  boundTo(holderId: string): readonly string[] {
    return this.known.get(holderId)?.boundGpus ?? [];
  }

  /** Note the GPUs that a holder is bound to until it ends; says whether that is news. */
  bind(holderId: string, boundGpus: readonly string[]): boolean {
    const it = this.known.get(holderId);
    const isNews = it !== undefined && boundGpus.join() !== (it.boundGpus ?? []).join();
    isNews && this.known.set(holderId, { ...it, boundGpus });
    return isNews;
  }

  /** Note what a holder keeps across cells (ADM9). */
  keep(holderId: string, kept: Kept | null): void {
    const it = this.known.get(holderId);
    it && this.known.set(holderId, { ...it, kept });
    this.changeListeners.forEach(listener => listener());
  }

  /** Undo what an enforcer did for a holder; a failure is logged. */
  undo(holderId: string): void {
    this.attempt(holderId, () => this.parts.enforcer.release(holderId));
  }

  /** Make the place of a holder again; false where that fails, or where it is gone. */
  revive(holderId: string): boolean {
    const it = this.known.get(holderId);
    return it !== undefined && this.place(it) === null;
  }

  private watchClosely(): void {
    this.sweep(this.closeUntilMs.keys());
    for (const [holderId, untilMs] of this.closeUntilMs) {
      if (untilMs < performance.now()) {
        this.closeUntilMs.delete(holderId);
      }
    }
    if (this.closeUntilMs.size === 0 && this.closeTimer) {
      clearInterval(this.closeTimer);
      this.closeTimer = null;
    }
  }

  private *due(): Iterable<string> {
    this.sweeps += 1;
    const running = this.parts.runningHolderIds();
    let place = 0;
    for (const [holderId, { gated }] of this.known) {
      place += 1;
      const isIdle = gated && !running.has(holderId);
      if (!isIdle || (place + this.sweeps) % IDLE_SWEEPS === 0) {
        yield holderId;
      }
    }
  }

  private sweep(holderIds: Iterable<string>): void {
    for (const holderId of [...holderIds]) {
      const it = this.known.get(holderId);
      if (it && this.parts.processes.hasEnded(it)) {
        this.end(holderId);
      }
    }
  }

  private renew(before: KnownProcess, newcomer: KnownProcess): void {
    // A gate tells the name that its kernel was started with: the notebook may have another by now.
    const isNamed = Boolean(newcomer.notebook) || !before.name;
    const name = (isNamed && newcomer.name) || before.name;
    const notebook = newcomer.notebook ?? before.notebook ?? null;
    const gated = before.gated || newcomer.gated;
    const isKnown = notebook === (before.notebook ?? null);
    if (name !== before.name || gated !== before.gated || !isKnown) {
      this.note({ ...before, name, notebook, gated });
      this.changeListeners.forEach(listener => listener());
    }
  }

  private note(it: KnownProcess): void {
    const { holderId: id, pid, startTicks, name, notebook = null, gated, boundGpus = [] } = it;
    const { owner } = this.parts;
    this.known.set(id, it);
    const parentId = this.parentOf(it);
    const rest = { owner, group: [], notebook, gated, boundGpus, parentId };
    this.parts.post({ type: 'holderArrived', holder: { id, pid, startTicks, name, ...rest } });
  }

  private adopt(process: KnownProcess): void {
    const { holderId: id, pid } = process;
    const newcomer = {
      ...process,
      ancestors: process.ancestors ?? ancestorsOf(this.parts.processes, pid)
    };
    this.known.set(id, newcomer);
    this.idByPid.set(pid, id);
    const failure = this.place(newcomer);
    this.note(newcomer);
    // After a restart of the sidecar, those that it started may have been back before it.
    for (const it of this.known.values()) {
      it.ancestors?.includes(pid) && this.parentOf(it) === id && this.note(it);
    }
    if (failure) {
      const { what, errno } = failure;
      this.parts.post({ type: 'enforcementFailed', holderId: id, what, errno });
    }
    this.changeListeners.forEach(listener => listener());
  }

  private end(holderId: string): void {
    const { pid } = this.known.get(holderId)!;
    this.idByPid.get(pid) === holderId && this.idByPid.delete(pid);
    this.known.delete(holderId);
    this.closeUntilMs.delete(holderId);
    const killedForMemory = this.kills.causeOf(holderId);
    this.goneListeners.forEach(listener => listener(holderId));
    this.parts.post({ type: 'holderGone', holderId, ...(killedForMemory && { killedForMemory }) });
    this.undo(holderId);
    this.changeListeners.forEach(listener => listener());
  }

  private place({ holderId, pid, startTicks }: KnownProcess): EnforcementError | null {
    return this.attempt(holderId, () => this.parts.enforcer.adopt({ holderId, pid, startTicks }));
  }

  private attempt(holderId: string, act: () => void): EnforcementError | null {
    const failure = failureOf(act);
    if (failure) {
      this.parts.log('warning', `kernel ${holderId}: ${failure.message}`);
    }
    return failure;
  }

  private whyNotArrive(newcomer: KnownProcess): Refusal | null {
    const { holderId, pid, startTicks, tokenDigest = null } = newcomer;
    const { processes, uid } = this.parts;
    const owner = this.known.get(this.idByPid.get(pid) ?? holderId);
    const isTaken = owner?.startTicks === startTicks && owner.holderId !== holderId;
    const taken = isTaken ? `it is the kernel ${owner.holderId}` : null;
    const why = taken ?? whyNoKernel(processes, newcomer, uid);
    const foreign = why === null ? null : refusal('FOREIGN_PROCESS', { pid, why });
    return this.whyNotSpeak(holderId, tokenDigest) ?? foreign;
  }

  /** The nearest holder that a process came from (ADM10); null where it came from none. */
  private parentOf({ ancestors = [], startTicks, holderId }: KnownProcess): string | null {
    for (const pid of ancestors) {
      const it = this.known.get(this.idByPid.get(pid) ?? '');
      // What is younger than its child has only the number of a process that ended.
      if (it && it.startTicks <= startTicks && it.holderId !== holderId) {
        return it.holderId;
      }
    }
    return null;
  }
}
