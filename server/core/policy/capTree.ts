import { cappedCpus } from './bounds';
import type { ShareNode } from './shareTree';

/** CAP6: the cap of each group on its CPUs bounds its share; before it has users. */
export function capGroups(node: ShareNode, nodeCpus: number): void {
  if (node.kind === 'group') {
    node.capCpus = Math.min(node.capCpus, cappedCpus(node.group.caps, nodeCpus));
    node.children.forEach(it => capGroups(it, nodeCpus));
  }
}

/** CAP6: the most that one user may have among the members of a group, by the caps of all groups around. */
export function userCap(members: ShareNode, nodeCpus: number): number {
  let most = Infinity;
  for (let at: ShareNode | null = members; at; at = at.parent) {
    most = Math.min(most, cappedCpus(at.group.userCaps, nodeCpus));
  }
  return most;
}
