import { globMatches } from '../../lib/glob';
import { OF_HUB } from '../../protocol/hubGroups';
import type { NewKernel } from '../events';
import { userCap } from './capTree';
import { hubNamesOf, weightOf } from './groups';
import { createNode, MEMBERS, type ShareNode, type ShareTree } from './shareTree';

/**
 * The node of a holder's user, created if there is none (CFG3).
 *
 * #### Notes
 * The group that an administrator put it into counts first (ADMIN5), as long as there is one; then
 * the configuration's entry for its notebook, then the one for its
 * owner, then the first for one of the owner's groups of the Hub (HUB1), then the first for one of
 * those of the machine, then the path that came with it, as far as it names known groups.
 */
export function userOf(tree: ShareTree, holder: NewKernel, atMs: number): ShareNode {
  const { group: path, notebook, assignedGroup } = holder;
  const named = notebook
    ? tree.byNotebook.find(it => it.group.notebooks.some(glob => globMatches(glob, notebook)))
    : undefined;
  const names = namesOf(tree, holder);
  const assigned = assignedGroup ? groupAt(tree.root, assignedGroup) : null;
  if (assigned) {
    return memberOf(tree, assigned.children.get(MEMBERS)!, names, atMs);
  }
  return named ? memberOf(tree, named.members, names, atMs) : userNode(tree, names, path, atMs);
}

/** By which a group may name a user, the own name first: `ann`, `hub:physics`, `@staff`. */
export type UserNames = readonly [owner: string, ...groups: string[]];

/**
 * The names of a holder's owner.
 *
 * #### Notes
 * The Hub's groups have no order of their own: they come in the order of the file.
 */
function namesOf(
  tree: ShareTree,
  { owner, ownerGroups = [], hubGroups = [] }: NewKernel
): UserNames {
  const stated = hubGroups.map(it => `${OF_HUB}${it}`).filter(it => tree.membership.has(it));
  const isClear = stated.length < 2;
  const ofHub = isClear
    ? stated
    : hubNamesOf(tree.sharing.groups).filter(it => stated.includes(it));
  return [owner, ...ofHub, ...ownerGroups.map(it => `@${it}`)];
}

/** The node of a user without a known notebook. */
export function userNode(
  tree: ShareTree,
  names: UserNames,
  path: readonly string[],
  atMs: number
): ShareNode {
  const members = names.flatMap(it => tree.membership.get(it) ?? [])[0];
  return memberOf(tree, members ?? membersAt(tree.root, path), names, atMs);
}

/** The node of a user among the members of a group, created if there is none. */
export function memberOf(
  tree: ShareTree,
  members: ShareNode,
  names: UserNames,
  atMs: number
): ShareNode {
  const [owner] = names;
  const known = members.children.get(owner);
  if (known) {
    return known;
  }
  const user = createNode(tree, members, 'user', members.group, atMs, owner);
  user.ownWeight = weightOf(members.group, names);
  user.weight = user.ownWeight;
  user.capCpus = userCap(members, owner, tree.root.owedCpus);
  members.children.set(owner, user);
  return user;
}

/** The group of a path, from the root; null if there is none. */
export function groupAt(root: ShareNode, path: readonly string[]): ShareNode | null {
  let at: ShareNode | undefined = root;
  for (const name of path) {
    at = at?.children.get(name);
  }
  return at?.kind === 'group' ? at : null;
}

/** The members of the group of a path, as far as it names known groups. */
export function membersAt(root: ShareNode, path: readonly string[]): ShareNode {
  let at = root;
  for (const name of path) {
    const next = at.children.get(name);
    if (next?.kind !== 'group') {
      break;
    }
    at = next;
  }
  return at.children.get(MEMBERS)!;
}
