import { interruptAtBytes, lookAfterMs, roughUntilBytes } from '../core/memory/memoryGuard';
import type { IEnforcer } from '../enforce/enforcer';
import type { EventBody } from './arbiter';

/** Shortest time between two readings where a limit may kill, in ms. */
const LOOK_MIN_MS = 5;

/** Where nothing kills there is no hurry, and a reading covers all of a tree's processes. */
const LOOK_MIN_UNLIMITED_MS = 200;

/** The watch's dependencies. */
export type MemoryWatchParts = {
  readonly enforcer: Pick<IEnforcer, 'tier' | 'memoryOf'>;
  readonly post: (event: EventBody) => void;
};

type Watched = {
  limitBytes: number;
  /** The memory that the tree had when the watch began; null until that could be read. */
  floorBytes: number | null;
  wasNear: boolean;
  timer: NodeJS.Timeout | null;
};

/**
 * Watches the memory of holders that have a limit, closely enough to notify the
 * core before the limit is reached (MEM3).
 *
 * #### Notes
 * The interval depends on the distance to the limit: a cell that allocates
 * gigabytes a second is seen within a few milliseconds, and one that does
 * nothing costs four readings a second. The core is notified only of the first
 * reading and of those near the limit.
 */
export class MemoryWatch {
  private readonly watched = new Map<string, Watched>();
  private readonly lookMinMs: number;

  constructor(private readonly parts: MemoryWatchParts) {
    const limits = parts.enforcer.tier.enforced.includes('memory');
    this.lookMinMs = limits ? LOOK_MIN_MS : LOOK_MIN_UNLIMITED_MS;
  }

  /** Set the limit in force for a holder from now on; null for none. */
  limit(holderId: string, limitBytes: number | null): void {
    const known = this.watched.get(holderId);
    if (limitBytes === null) {
      this.forget(holderId);
    } else if (known) {
      known.limitBytes = limitBytes;
      this.look(holderId, known);
    } else {
      const watched = { limitBytes, floorBytes: null, wasNear: false, timer: null };
      this.watched.set(holderId, watched);
      this.look(holderId, watched);
    }
  }

  /** Stop watching a holder. Idempotent. */
  forget(holderId: string): void {
    clearTimeout(this.watched.get(holderId)?.timer ?? undefined);
    this.watched.delete(holderId);
  }

  /** Stop watching. */
  end(): void {
    [...this.watched.keys()].forEach(holderId => this.forget(holderId));
  }

  private look(holderId: string, it: Watched): void {
    clearTimeout(it.timer ?? undefined);
    const isFirst = it.floorBytes === null;
    const atBytes = thresholdOf(it);
    const exactFromBytes = isFirst ? 0 : roughUntilBytes(atBytes);
    const memoryBytes = this.parts.enforcer.memoryOf(holderId, exactFromBytes);
    if (memoryBytes === null) {
      // It cannot be read just now; if the holder is gone, the watch will be notified.
      this.schedule(holderId, it, 0);
      return;
    }
    it.floorBytes ??= memoryBytes;
    this.schedule(holderId, it, memoryBytes);
    const isNear = !isFirst && memoryBytes >= atBytes;
    if (isFirst || isNear || it.wasNear) {
      this.parts.post({ type: 'memoryMeasured', holderId, memoryBytes });
    }
    it.wasNear = isNear;
  }

  private schedule(holderId: string, it: Watched, memoryBytes: number): void {
    const afterMs = lookAfterMs(memoryBytes, thresholdOf(it), this.lookMinMs);
    it.timer = setTimeout(() => this.look(holderId, it), afterMs);
  }
}

function thresholdOf({ limitBytes, floorBytes }: Watched): number {
  return interruptAtBytes(limitBytes, floorBytes ?? 0);
}
