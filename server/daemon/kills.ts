import type { MemoryKill } from '../core/events';
import type { IEnforcer } from '../enforce/enforcer';

/** In how many checks a killed holder may still be found alive. */
const DYING_LOOKS_MAX = 2;

/**
 * Distinguishes a holder that was OOM-killed from one whose child was (MEM3):
 * that child may be long dead when the holder ends for another reason.
 *
 * #### Notes
 * The operating system counts kills in a tree, not their victims. A root that
 * is still alive some checks later has survived the kills that the first one
 * saw; until then it may be dying, because freeing much memory takes seconds.
 * Kills after those that it survived count anew.
 */
export class Kills {
  /** The kill counts at the last checks of a holder, oldest first; none before its first kill. */
  private readonly counted = new Map<string, number[]>();

  constructor(private readonly enforcer: Pick<IEnforcer, 'kills' | 'hasReachedLimit'>) {}

  /** Check a holder whose root is alive; call every few seconds. */
  look(holderId: string): void {
    const kills = this.enforcer.kills(holderId);
    if (kills > 0) {
      const looks = this.counted.get(holderId) ?? [];
      this.counted.set(holderId, [...looks, kills].slice(-(DYING_LOOKS_MAX + 1)));
    }
  }

  /** Which memory ran out when a gone holder was killed, null if it was not; forgets the holder. */
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
