import type { CapOwner } from '../../protocol/facts';
import type { Caps } from '../policy/bounds';
import type { Group, Sharing } from '../policy/groups';

/** Caps that an administrator has ordered for all of a group, or for one user on the node (ADMIN7). */
export type CapOrder = {
  /** A user's group is `all`. */
  readonly of: CapOwner;
  /** Those that were named; the others are as configured. */
  readonly caps: Partial<Caps>;
  /** The administrator's name. */
  readonly by: string;
  readonly why: string | null;
  /** ms since the epoch. */
  readonly sinceMs: number;
};

/** Whether two caps are those of the same group or user. */
export function isSameOwner(a: CapOwner, b: CapOwner): boolean {
  return a.group === b.group && a.user === b.user;
}

/** The orders that stand after this one: what an earlier one for the same owner named, and this one does not, stays. */
export function withOrder(orders: readonly CapOrder[], order: CapOrder): readonly CapOrder[] {
  const before = orders.find(it => isSameOwner(it.of, order.of));
  return [
    ...withoutOrder(orders, order.of),
    { ...order, caps: { ...before?.caps, ...order.caps } }
  ];
}

/** The orders that stand once those for this owner are taken back. */
export function withoutOrder(orders: readonly CapOrder[], of: CapOwner): readonly CapOrder[] {
  return orders.filter(it => !isSameOwner(it.of, of));
}

/** The configuration with what is ordered in place of what it says; an order for a group that it lacks has no effect. */
export function sharingInForce(sharing: Sharing, orders: readonly CapOrder[]): Sharing {
  if (orders.length === 0) {
    return sharing;
  }
  const ofGroups = new Map(
    orders.flatMap(({ of, caps }) => (of.user === null ? [[of.group, caps] as const] : []))
  );
  const capsOfUsers = new Map(
    orders.flatMap(({ of, caps }) =>
      of.user === null ? [] : [[of.user, { ...sharing.userCaps, ...caps }] as const]
    )
  );
  const groups = groupsInForce(sharing.groups, ofGroups, '');
  return { ...sharing, caps: { ...sharing.caps, ...ofGroups.get('all') }, capsOfUsers, groups };
}

function groupsInForce(
  groups: readonly Group[],
  ordered: ReadonlyMap<string, Partial<Caps>>,
  above: string
): readonly Group[] {
  return groups.map(it => ({
    ...it,
    caps: { ...it.caps, ...ordered.get(above + it.name) },
    groups: groupsInForce(it.groups, ordered, `${above}${it.name}/`)
  }));
}
