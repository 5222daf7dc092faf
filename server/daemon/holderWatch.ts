import type { KnownProcesses } from './knownProcesses';

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

/** What is looked at, and how. */
export type HolderWatchParts = {
  readonly known: KnownProcesses;
  readonly runningHolderIds: () => ReadonlySet<string>;
  /** End it if its process has ended. */
  readonly look: (holderId: string) => void;
  readonly lookForKills: (holderId: string) => void;
};

/** Looks whether holders' processes still live: all of them in turn, and closely whom somebody suspects. */
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

  /** Look at a holder now, and closely for a while. */
  suspect(holderId: string): void {
    this.parts.look(holderId);
    if (this.parts.known.has(holderId)) {
      this.closeUntilMs.set(holderId, performance.now() + CLOSE_WATCH_FOR_MS);
      this.closeTimer ??= setInterval(() => this.lookClosely(), CLOSE_WATCH_MS);
    }
  }

  /** It is gone. */
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
