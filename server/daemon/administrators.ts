import type { Caller } from '../protocol/caller';
import type { IAdministrators } from './ports';

/**
 * Decides who may act for everybody on this node (ADMIN1).
 *
 * #### Notes
 * Asked at each request and never remembered, because a reload of the configuration changes the
 * answer for users who are connected already.
 */
export class Administrators implements IAdministrators {
  constructor(
    /** The owner of the sidecar: its only user, or root. */
    private readonly owner: Caller,
    /** The names that the configuration in force has: of users, or `@group`. */
    private readonly named: () => readonly string[]
  ) {}

  includes({ uid, name, groups = [] }: Caller): boolean {
    const named = this.named();
    return (
      uid === 0 ||
      uid === this.owner.uid ||
      [name, ...groups.map(it => `@${it}`)].some(it => named.includes(it))
    );
  }
}
