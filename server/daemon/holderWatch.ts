import type { KnownProcesses } from './knownProcesses';

/** How often holders' processes are checked, in ms. */
const SWEEP_MS = 1000;

/**
 * Holders that run nothing are checked once in this many sweeps: their
 * connection closes when they end, unless a child of theirs keeps it open.
 */
const IDLE_SWEEPS = 4;

/** How often holders are checked for killed children, in ms. */
const KILLS_LOOK_MS = 5000;

/** How often a holder that is probably ending is checked, in ms. */
const CLOSE_WATCH_MS = 20;

/** How long a holder is watched closely, in ms. */
const CLOSE_WATCH_FOR_MS = 5000;

/** What is watched, and how. */
export type HolderWatchParts = {
  readonly known: KnownProcesses;
  readonly runningHolderIds: () => ReadonlySet<string>;
  /** End it if its process has ended. */
  readonly look: (holderId: string) => void;
  readonly lookForKills: (holderId: string) => void;
};

/** Checks that holders' processes are alive: all in turn, and suspected ones closely. */
export class HolderWatch {
  private readonly closeUntilMs = new Map<string, number>();
  private sweeps = 0;
  private closeTimer: NodeJS.Timeout | null = null;

  constructor(private readonly parts: HolderWatchParts) {}

  /** Start watching; returns the undo. */
  begin(): () => void {
    const { known, lookForKills } = this.parts;
    const sweepTimer = setInterval(() => this.lookAt(this.due()), SWEEP_MS);
    const lookAtAll = () => known.list().forEach(it => lookForKills(it.holderId));
    const killsTimer = setInterval(lookAtAll, KILLS_LOOK_MS);
    return () => {
      clearInterval(sweepTimer);
      clearInterval(killsTimer);
      clearInterval(this.closeTimer ?? undefined);
    };
  }

  /** Check a holder now, and closely for a while. */
  suspect(holderId: string): void {
    this.parts.look(holderId);
    if (this.parts.known.has(holderId)) {
      this.closeUntilMs.set(holderId, performance.now() + CLOSE_WATCH_FOR_MS);
      this.closeTimer ??= setInterval(() => this.lookClosely(), CLOSE_WATCH_MS);
    }
  }

  /** Forget a holder that is gone. */
  forget(holderId: string): void {
    this.closeUntilMs.delete(holderId);
  }

  private lookClosely(): void {
    this.lookAt(this.closeUntilMs.keys());
    for (const [holderId, untilMs] of this.closeUntilMs) {
      untilMs < performance.now() && this.closeUntilMs.delete(holderId);
    }
    if (this.closeUntilMs.size === 0 && this.closeTimer) {
      clearInterval(this.closeTimer);
      this.closeTimer = null;
    }
  }

  private *due(): Iterable<string> {
    this.sweeps += 1;
    const running = this.parts.runningHolderIds();
    let ordinal = 0;
    for (const { holderId, gated } of this.parts.known.list()) {
      ordinal += 1;
      const isIdle = gated && !running.has(holderId);
      if (!isIdle || (ordinal + this.sweeps) % IDLE_SWEEPS === 0) {
        yield holderId;
      }
    }
  }

  private lookAt(holderIds: Iterable<string>): void {
    [...holderIds].forEach(it => this.parts.look(it));
  }
}
