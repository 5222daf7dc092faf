import type { IEnforcer } from '../enforce/enforcer';

/** In how many looks a holder that was killed may still be found alive. */
const DYING_LOOKS_MAX = 2;

/**
 * Tells a holder that was killed for want of memory from one whose child was
 * (MEM3): that child may be long dead when the holder ends for another reason.
 *
 * #### Notes
 * The operating system counts kills in a tree, not whom they hit. A root that
 * still lives some looks later has survived the kill that the first one saw;
 * until then it may still be dying, for giving back much memory takes seconds.
 */
export class Kills {
  private readonly looksSince = new Map<string, number>();

  constructor(private readonly enforcer: Pick<IEnforcer, 'killed'>) {}

  /** Look at a holder whose root lives; every few seconds. */
  look(holderId: string): void {
    if (this.enforcer.killed(holderId)) {
      this.looksSince.set(holderId, (this.looksSince.get(holderId) ?? 0) + 1);
    }
  }

  /** Whether a holder that is gone was killed for want of memory; forgets it. */
  wasCause(holderId: string): boolean {
    const survived = (this.looksSince.get(holderId) ?? 0) > DYING_LOOKS_MAX;
    this.looksSince.delete(holderId);
    return !survived && this.enforcer.killed(holderId);
  }
}
