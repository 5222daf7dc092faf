import { globMatches } from '../../lib/glob';
import type { Holder } from '../events';
import { weightOf } from './groups';
import { createNode, MEMBERS, type ShareNode, type ShareTree } from './shareTree';

/**
 * The node of a holder's user, created if there is none (CFG3).
 *
 * #### Notes
 * The configuration's entry for its notebook counts first, then the one for
 * its owner, then the path that came with it, as far as it names known
 * groups.
 */
export function userOf(tree: ShareTree, holder: Holder, atMs: number): ShareNode {
  const { owner, group: path, notebook } = holder;
  const named = notebook
    ? tree.byNotebook.find(it => it.group.notebooks.some(glob => globMatches(glob, notebook)))
    : undefined;
  return named ? memberOf(tree, named.members, owner, atMs) : userNode(tree, owner, path, atMs);
}

/** The node of a user without a known notebook. */
export function userNode(
  tree: ShareTree,
  owner: string,
  path: readonly string[],
  atMs: number
): ShareNode {
  return memberOf(tree, tree.membership.get(owner) ?? membersAt(tree.root, path), owner, atMs);
}

/** The node of a user among the members of a group, created if there is none. */
export function memberOf(
  tree: ShareTree,
  members: ShareNode,
  owner: string,
  atMs: number
): ShareNode {
  const known = members.children.get(owner);
  if (known) {
    return known;
  }
  const user = createNode(tree, members, 'user', members.group, atMs, owner);
  user.weight = weightOf(members.group, owner);
  members.children.set(owner, user);
  return user;
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
