import { compareText } from '../lib/comparators';
import type { GroupView } from '../protocol/groupView';
import { pathOf, type ShareNode } from './policy/shareTree';
import type { HolderEntry } from './entries';
import type { State } from './state';

/** The path of the group that a holder shares in, from the root. */
export function groupPathOf({ user }: HolderEntry): string {
  return pathOf(user.parent ?? user);
}

/** The groups that kernels are in, and those around these, by path. */
export function viewGroups(state: State): GroupView[] {
  const groups = new Set<ShareNode>();
  for (const { user } of state.holders.values()) {
    for (let at = user.parent; at?.parent && !groups.has(at); at = at.parent) {
      groups.add(at);
    }
  }
  const totalCpus = state.pool.slots.length;
  return [...groups]
    .filter(it => it.kind === 'group')
    .map(it => ({
      path: pathOf(it),
      owedCpus: it.owedCpus,
      hasQuota: it.group.quota !== null,
      usedCpus: it.use.rate * totalCpus,
      takesSurplus: it.group.acceptSurplus
    }))
    .sort((a, b) => compareText(a.path, b.path));
}
