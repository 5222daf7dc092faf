import type { HolderUse } from '../core/events';
import type { Effect } from '../core/effects';
import { failureOf, type IEnforcer } from '../enforce/enforcer';
import type { TreeUse } from '../host/processUse';
import type { EventBody } from './arbiter';
import type { IClock } from './clock';
import { OthersMemory } from './othersMemory';
import type { INodeMeters } from './ports';

/** How often the holders of running claims are measured, in ms (CPU4: within a second). */
const BEAT_MS = 500;

/** How often the core gets a tick event, and some idle holders are measured, in ms. */
const TICK_MS = 1000;

/** How often an idle holder is measured, in ms; a fraction of them at each tick. */
const IDLE_PERIOD_MS = 4000;

/** How often the node is measured while nothing runs, in ms. */
const QUIET_PERIOD_MS = 2000;

/** CPUs busy are an average over so long at least, in ms: over less, the kernel's ticks would decide. */
const BUSY_WINDOW_MS = 100;

/** The sampler's dependencies. */
export type SamplerParts = {
  readonly enforcer: IEnforcer;
  readonly meters: INodeMeters;
  readonly post: (event: EventBody) => void;
  readonly holderIds: () => readonly string[];
  readonly runningHolderIds: () => ReadonlySet<string>;
  readonly clock: Pick<IClock, 'nowMs'>;
};

type Reading = {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
};

/**
 * Measures what holders, the node and its GPUs use, and sends the core its
 * ticks.
 *
 * #### Notes
 * Kernels that run something are read at each beat, once more afterwards, and
 * when they are new. The others take turns, batched once a second so that
 * a panel is notified once: fifty idle kernels must cost less than a hundredth
 * of a CPU.
 */
export class Sampler {
  private readonly readings = new Map<string, Reading>();
  private readonly others = new OthersMemory();
  private ran: ReadonlySet<string> = new Set();
  /** Holders with an execution that was just granted. */
  private readonly granted = new Set<string>();
  /** CPU time of holders when an execution was granted, in s, until they are measured. */
  private readonly starts = new Map<string, number>();
  private beats = 0;
  private turn = 0;
  private isMeasuringNode = false;

  constructor(private readonly parts: SamplerParts) {}

  /** Start measuring; returns the undo. */
  begin(): () => void {
    this.measure(this.parts.holderIds());
    this.measureOthers();
    const timer = setInterval(() => this.beat(), BEAT_MS);
    return () => clearInterval(timer);
  }

  /** The GPUs were read again, or are no longer readable: then nothing is known of them. */
  measureGpus(): void {
    this.parts.post({ type: 'gpusMeasured', gpus: this.parts.meters.gpus() });
  }

  /** Executions are granted: what they use counts from now on, which is looked up once all are told. */
  follow(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'grant') {
        this.granted.size || setImmediate(() => this.startAll());
        this.granted.add(effect.holderId);
      }
    }
  }

  /**
   * An execution of this holder ends: measure what it used until now.
   *
   * #### Notes
   * Whether it is where it belongs is looked at with the next beat: the next cell waits for this.
   */
  measureNow(holderId: string): void {
    this.post([this.useOf(holderId)]);
  }

  /** Forget a holder that is gone. */
  forget(holderId: string): void {
    this.readings.delete(holderId);
    this.granted.delete(holderId);
    this.starts.delete(holderId);
  }

  private beat(): void {
    this.beats += 1;
    const running = this.parts.runningHolderIds();
    const all = this.parts.holderIds();
    const isBusy = (id: string) => running.has(id) || this.ran.has(id) || !this.readings.has(id);
    const isTick = this.isDue(TICK_MS);
    const idle = isTick ? this.turnOf(all.filter(id => !isBusy(id))) : [];
    this.measure([...all.filter(isBusy), ...idle]);
    running.forEach(it => this.parts.enforcer.lowerPeak(it));
    this.ran = running;
    if (this.isDue(running.size > 0 ? TICK_MS : QUIET_PERIOD_MS)) {
      this.measureOthers();
      void this.measureNode();
    }
    if (isTick) {
      running.forEach(it => this.attempt(it, () => this.parts.enforcer.tighten(it)));
      this.parts.post({ type: 'ticked' });
    }
  }

  private startAll(): void {
    const granted = [...this.granted];
    this.granted.clear();
    granted.forEach(it => this.start(it));
  }

  private start(holderId: string): void {
    const cpuSeconds = this.parts.enforcer.cpuSeconds(holderId);
    // Of two that start between two measurements, the first one's start counts for both.
    if (cpuSeconds !== null && !this.starts.has(holderId)) {
      const { memoryBytes = 0 } = this.readings.get(holderId) ?? {};
      this.readings.set(holderId, { atMs: this.parts.clock.nowMs(), cpuSeconds, memoryBytes });
      this.starts.set(holderId, cpuSeconds);
      this.parts.enforcer.lowerPeak(holderId);
    }
  }

  private isDue(periodMs: number): boolean {
    return (this.beats * BEAT_MS) % periodMs === 0;
  }

  /** The idle holders whose turn it is. */
  private turnOf(idle: readonly string[]): readonly string[] {
    const count = Math.ceil((idle.length * TICK_MS) / IDLE_PERIOD_MS);
    const from = this.turn < idle.length ? this.turn : 0;
    this.turn = from + count;
    return idle.slice(from, from + count);
  }

  private measure(holderIds: readonly string[]): void {
    this.post(
      holderIds.map(it => {
        this.attempt(it, () => this.parts.enforcer.recall(it));
        return this.useOf(it);
      })
    );
  }

  private post(uses: readonly (HolderUse | null)[]): void {
    const holders = uses.filter(it => it !== null);
    holders.length && this.parts.post({ type: 'useMeasured', holders });
  }

  private useOf(holderId: string): HolderUse | null {
    const use = this.ask(holderId);
    const cpuSecondsAtGrant = this.starts.get(holderId);
    this.starts.delete(holderId);
    if (!use) {
      return null;
    }
    const atMs = this.parts.clock.nowMs();
    const before = this.readings.get(holderId);
    const { cpuSeconds, memoryBytes } = use;
    this.readings.set(holderId, { atMs, cpuSeconds, memoryBytes });
    const cpusBusy = before
      ? (Math.max(0, cpuSeconds - before.cpuSeconds) * 1000) /
        Math.max(BUSY_WINDOW_MS, atMs - before.atMs)
      : 0;
    return {
      ...use,
      holderId,
      cpusBusy,
      ...(cpuSecondsAtGrant !== undefined && { cpuSecondsAtGrant }),
      gpuMemoryBytes: this.gpuMemoryOf(holderId)
    };
  }

  /** Where measuring writes (a limit that can be lowered by now), the host may refuse it. */
  private ask(holderId: string): TreeUse | null {
    let use: TreeUse | null = null;
    this.attempt(holderId, () => {
      use = this.parts.enforcer.measure(holderId);
    });
    return use;
  }

  private attempt(holderId: string, act: () => void): void {
    const failure = failureOf(act);
    if (failure) {
      const { what, errno } = failure;
      this.parts.post({ type: 'enforcementFailed', holderId, what, errno });
    }
  }

  private gpuMemoryOf(holderId: string): Record<string, number> {
    const bytes: Record<string, number> = {};
    for (const gpu of this.parts.meters.gpus()) {
      for (const process of gpu.processes) {
        if (process.holderId === holderId) {
          bytes[gpu.uuid] = (bytes[gpu.uuid] ?? 0) + process.memoryBytes;
        }
      }
    }
    return bytes;
  }

  /** The memory held outside our kernels, by their last readings (ADM14). */
  private measureOthers(): void {
    const memory = this.parts.meters.memory();
    let ours = 0;
    this.readings.forEach(it => (ours += it.memoryBytes));
    const news = memory && this.others.note(memory, ours);
    news && this.parts.post({ type: 'othersMeasured', ...news });
  }

  private async measureNode(): Promise<void> {
    if (this.isMeasuringNode) {
      return;
    }
    this.isMeasuringNode = true;
    const node = await this.parts.meters.node().finally(() => {
      this.isMeasuringNode = false;
    });
    if (node) {
      this.parts.post({ type: 'nodeMeasured', ...node });
    }
  }
}
