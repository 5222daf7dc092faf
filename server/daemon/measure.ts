import type { HolderUse } from '../core/events';
import type { IEnforcer } from '../enforce/enforcer';
import type { EventBody } from './arbiter';
import type { INodeMeters } from './ports';

/** How often the holders of running claims are measured, in ms (CPU4: within a second). */
const BUSY_PERIOD_MS = 500;

/** How often everything else is measured, in ms. */
const QUIET_PERIOD_MS = 2000;

/** What the sampler is made of. */
export type SamplerParts = {
  readonly enforcer: IEnforcer;
  readonly meters: INodeMeters;
  readonly post: (event: EventBody) => void;
  readonly holderIds: () => readonly string[];
  readonly runningHolderIds: () => ReadonlySet<string>;
  /** Ms on a monotone clock. */
  readonly nowMs: () => number;
};

type Reading = { readonly atMs: number; readonly cpuSeconds: number };

/**
 * Measures what holders, the node and its GPUs use, and lets time pass for the
 * core.
 *
 * #### Notes
 * Kernels that run something are read each half second, the others each two
 * seconds: fifty idle kernels must cost less than a hundredth of a CPU.
 */
export class Sampler {
  private readonly readings = new Map<string, Reading>();
  private beats = 0;
  private isMeasuringNode = false;

  constructor(private readonly parts: SamplerParts) {}

  /** Start measuring; returns the undo. */
  begin(): () => void {
    const timer = setInterval(() => this.beat(), BUSY_PERIOD_MS);
    return () => clearInterval(timer);
  }

  /** Forget a holder that is gone. */
  forget(holderId: string): void {
    this.readings.delete(holderId);
  }

  private beat(): void {
    this.beats += 1;
    const everything = (this.beats * BUSY_PERIOD_MS) % QUIET_PERIOD_MS === 0;
    const running = this.parts.runningHolderIds();
    this.measure(everything ? this.parts.holderIds() : running);
    if (everything || (running.size > 0 && this.beats % 2 === 0)) {
      void this.measureNode();
    }
    if (this.beats % 2 === 0) {
      this.parts.post({ type: 'ticked' });
    }
  }

  private measure(holderIds: Iterable<string>): void {
    const holders: HolderUse[] = [];
    for (const holderId of holderIds) {
      const use = this.useOf(holderId);
      if (use) {
        holders.push(use);
      }
    }
    if (holders.length) {
      this.parts.post({ type: 'useMeasured', holders });
    }
  }

  private useOf(holderId: string): HolderUse | null {
    const use = this.parts.enforcer.measure(holderId);
    if (!use) {
      return null;
    }
    const atMs = this.parts.nowMs();
    const before = this.readings.get(holderId);
    const { cpuSeconds, memoryBytes, threads } = use;
    this.readings.set(holderId, { atMs, cpuSeconds });
    const cpusBusy = before
      ? (Math.max(0, cpuSeconds - before.cpuSeconds) * 1000) / Math.max(1, atMs - before.atMs)
      : 0;
    return {
      holderId,
      cpusBusy,
      cpuSeconds,
      memoryBytes,
      threads,
      gpuMemoryBytes: this.gpuMemoryOf(holderId)
    };
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
    const gpus = this.parts.meters.gpus();
    if (gpus.length) {
      this.parts.post({ type: 'gpusMeasured', gpus });
    }
  }
}
