import type { Confinement } from '../core/effects';
import type { CpuSet } from '../protocol/cpuset';
import type { IEnforcer, ISpreader, HolderProcess } from '../enforce/enforcer';
import type { EventBody } from './arbiter';

/** How often threads are checked where they are packed, in ms. */
const LOOK_MS = 1000;
/** When packing is first probed, in ms: the probe occupies CPUs that until then admit kernels. */
const PROBE_FIRST_MS = 3000;
/** How often packing is probed again, in ms; sooner if the probe was inconclusive. */
const PROBE_MS = 300_000;
const PROBE_AGAIN_MS = 60_000;

/** The notice shown to people (ENF3). */
const NOTICE =
  'The scheduler of this machine keeps threads on one CPU although they may use others. So each running ' +
  'cell is given CPUs of its own, and its threads are placed on them one by one, within a second or two.';

/** A holder with a running cell. */
export type RunningHolder = { readonly target: HolderProcess; readonly confinement: Confinement };

/** The dependencies of {@link Spreading}. */
export type SpreadingParts = {
  /** Whether the scheduler packs threads; null if that cannot be determined now. */
  readonly findPacking: () => Promise<boolean | null>;
  readonly spreader: ISpreader;
  readonly enforcer: Pick<IEnforcer, 'pinningFor'>;
  /** All CPUs that may be handed out. */
  readonly cpus: CpuSet;
  readonly running: () => readonly RunningHolder[];
  readonly post: (event: EventBody) => void;
  readonly notice: (topic: string, notices: readonly string[]) => void;
};

/**
 * Probes whether the host's scheduler packs threads, soon after the start and
 * periodically; if it does, has them pinned one by one (CPU10).
 */
export class Spreading {
  private packs = false;
  private isOver = false;
  private probeTimer: NodeJS.Timeout | undefined;
  private lookTimer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: SpreadingParts) {}

  /** Begin; the undo lets all threads run on all CPUs allowed to them. */
  begin(): () => Promise<void> {
    this.probeIn(PROBE_FIRST_MS);
    return async () => {
      this.isOver = true;
      clearTimeout(this.probeTimer);
      this.stopLooking();
      await this.parts.spreader.settled();
    };
  }

  /** A holder is gone. */
  forget(holderId: string): void {
    this.parts.spreader.gather(holderId, this.parts.cpus);
  }

  private probeIn(ms: number): void {
    this.probeTimer = setTimeout(() => void this.probe(), ms).unref();
  }

  private async probe(): Promise<void> {
    const packs = await this.parts.findPacking();
    if (this.isOver) {
      return;
    }
    if (packs !== null && packs !== this.packs) {
      this.follow(packs);
    }
    this.probeIn(packs === null ? PROBE_AGAIN_MS : PROBE_MS);
  }

  private follow(packs: boolean): void {
    this.packs = packs;
    this.parts.post({ type: 'packingFound', packs });
    this.parts.notice('packing', packs ? [NOTICE] : []);
    if (packs) {
      this.lookTimer = setInterval(() => this.look(), LOOK_MS).unref();
    } else {
      this.stopLooking();
    }
  }

  private look(): void {
    for (const { target, confinement } of this.parts.running()) {
      this.parts.spreader.spread(target, confinement.cpus ?? this.parts.cpus);
    }
  }

  private stopLooking(): void {
    clearInterval(this.lookTimer);
    const running = new Map(this.parts.running().map(it => [it.target.holderId, it.confinement]));
    for (const holderId of this.parts.spreader.holders()) {
      const confinement = running.get(holderId);
      const mask = confinement && this.parts.enforcer.pinningFor(confinement).affinity;
      this.parts.spreader.gather(holderId, mask ?? this.parts.cpus);
    }
  }
}
