/** How many ids stay with each user after their holders have ended. */
export const ENDED_MAX = 256;

/**
 * Whose the ids of holders were that have ended (HOLD5).
 *
 * #### Notes
 * Everybody sees the ids of all holders, and a kernel is restarted under its own. In between, another
 * user could take that id, and the restarted kernel would be refused. Bounded for each user, so
 * that nobody pushes out what belongs to others.
 */
export class EndedIds {
  private readonly byUser = new Map<number, Set<string>>();

  /** A holder of a user has ended. */
  note(holderId: string, uid: number): void {
    const ids = this.byUser.get(uid) ?? new Set();
    this.byUser.set(uid, ids);
    ids.delete(holderId); // the one that ended last is forgotten last
    ids.add(holderId);
    const [oldest] = ids.size > ENDED_MAX ? ids : [];
    oldest !== undefined && ids.delete(oldest);
  }

  /** The uid of its user; undefined if unknown. */
  userOf(holderId: string): number | undefined {
    for (const [uid, ids] of this.byUser) {
      if (ids.has(holderId)) {
        return uid;
      }
    }
    return undefined;
  }
}
