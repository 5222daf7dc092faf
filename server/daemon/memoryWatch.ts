import { interruptAtBytes, lookAfterMs } from '../core/policy/memoryGuard';
import type { IEnforcer } from '../enforce/enforcer';
import type { EventBody } from './arbiter';

/** Shortest time between two looks where a limit may kill, in ms. */
const LOOK_MIN_MS = 5;

/** Where nothing kills there is no hurry, and looking means reading all of a tree's processes. */
const LOOK_MIN_UNLIMITED_MS = 200;

/** What the watch is made of. */
export type MemoryWatchParts = {
  readonly enforcer: Pick<IEnforcer, 'tier' | 'memoryOf'>;
  readonly post: (event: EventBody) => void;
};

type Watched = {
  limitBytes: number;
  /** What the tree kept when the watch began. */
  readonly floorBytes: number;
  wasNear: boolean;
  timer: NodeJS.Timeout | null;
};

/**
 * Watches the memory of holders that have a limit, closely enough to tell the
 * core before the limit is reached (MEM3).
 *
 * #### Notes
 * How soon it looks again depends on how far the limit is: a cell that
 * allocates gigabytes a second is seen within a few milliseconds, and one that
 * does nothing costs four readings a second. The core hears of the first
 * reading and of those near the limit only.
 */
export class MemoryWatch {
  private readonly watched = new Map<string, Watched>();
  private readonly lookMinMs: number;

  constructor(private readonly parts: MemoryWatchParts) {
    const limits = parts.enforcer.tier.enforced.includes('memory');
    this.lookMinMs = limits ? LOOK_MIN_MS : LOOK_MIN_UNLIMITED_MS;
  }

  /** The limit that is in force for a holder from now on; null for none. */
  limit(holderId: string, limitBytes: number | null): void {
    const known = this.watched.get(holderId);
    if (limitBytes === null) {
      this.forget(holderId);
    } else if (known) {
      known.limitBytes = limitBytes;
      this.look(holderId, known);
    } else {
      this.begin(holderId, limitBytes);
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

  private begin(holderId: string, limitBytes: number): void {
    const memoryBytes = this.parts.enforcer.memoryOf(holderId, 0);
    if (memoryBytes === null) {
      return; // gone already, or it cannot be told here
    }
    const watched = { limitBytes, floorBytes: memoryBytes, wasNear: false, timer: null };
    this.watched.set(holderId, watched);
    this.parts.post({ type: 'memoryMeasured', holderId, memoryBytes });
    this.schedule(holderId, watched, memoryBytes);
  }

  private look(holderId: string, it: Watched): void {
    clearTimeout(it.timer ?? undefined);
    const atBytes = interruptAtBytes(it.limitBytes, it.floorBytes);
    const memoryBytes = this.parts.enforcer.memoryOf(holderId, atBytes);
    if (memoryBytes === null) {
      // It cannot be told just now; of one that is gone the watch is told.
      this.schedule(holderId, it, 0);
      return;
    }
    this.schedule(holderId, it, memoryBytes);
    const isNear = memoryBytes >= atBytes;
    if (isNear || it.wasNear) {
      this.parts.post({ type: 'memoryMeasured', holderId, memoryBytes });
    }
    it.wasNear = isNear;
  }

  private schedule(holderId: string, it: Watched, memoryBytes: number): void {
    const atBytes = interruptAtBytes(it.limitBytes, it.floorBytes);
    const afterMs = lookAfterMs(memoryBytes, atBytes, this.lookMinMs);
    it.timer = setTimeout(() => this.look(holderId, it), afterMs);
  }
}
