import type { MemoryKill } from '../core/events';
import type { IEnforcer } from '../enforce/enforcer';

/** In how many looks a holder that was killed may still be found alive. */
const DYING_LOOKS_MAX = 2;

/**
 * Tells a holder that was killed for want of memory from one whose child was
 * (MEM3): that child may be long dead when the holder ends for another reason.
 *
 * #### Notes
 * The operating system counts kills in a tree, not whom they hit. A root that
 * still lives some looks later has survived the kills that the first one saw;
 * until then it may still be dying, for giving back much memory takes seconds.
 * Kills that come after those that it survived count anew.
 */
export class Kills {
  /** What the last looks at a holder counted, oldest first; none before its first kill. */
  private readonly counted = new Map<string, number[]>();

  constructor(private readonly enforcer: Pick<IEnforcer, 'kills' | 'hasReachedLimit'>) {}

  /** Look at a holder whose root lives; every few seconds. */
  look(holderId: string): void {
    const kills = this.enforcer.kills(holderId);
    if (kills > 0) {
      const looks = this.counted.get(holderId) ?? [];
      this.counted.set(holderId, [...looks, kills].slice(-(DYING_LOOKS_MAX + 1)));
    }
  }

  /** Whose memory a holder that is gone was killed for want of, null where it was not; forgets it. */
  causeOf(holderId: string): MemoryKill | null {
    const looks = this.counted.get(holderId) ?? [];
    const survived = looks.length > DYING_LOOKS_MAX ? looks[0]! : 0;
    this.counted.delete(holderId);
    if (this.enforcer.kills(holderId) <= survived) {
      return null;
    }
    return this.enforcer.hasReachedLimit(holderId) ? 'limit' : 'node';
  }
}
