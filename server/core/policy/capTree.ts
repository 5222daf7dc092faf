import { cappedCpus, type Caps } from './bounds';
import type { Group } from './groups';
import type { ShareNode } from './shareTree';

/** CAP6: the cap of each group on its CPUs bounds its share; before it has users. */
export function capGroups(node: ShareNode, nodeCpus: number): void {
  if (node.kind === 'group') {
    node.capCpus = Math.min(node.capCpus, cappedCpus(node.group.caps, nodeCpus));
    node.children.forEach(it => capGroups(it, nodeCpus));
  }
}

/** What one user may have at once in a group, the root included. */
export function userCapsOf({ userCaps, capsOfUsers }: Group, user: string): Caps {
  return capsOfUsers?.get(user) ?? userCaps;
}

/** CAP6: the most that one user may have among the members of a group, by the caps of all groups around. */
export function userCap(members: ShareNode, user: string, nodeCpus: number): number {
  let most = Infinity;
  for (let at: ShareNode | null = members; at; at = at.parent) {
    most = Math.min(most, cappedCpus(userCapsOf(at.group, user), nodeCpus));
  }
  return most;
}
