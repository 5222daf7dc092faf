import { compareText, firstDifference } from '../../lib/comparators';
import type { CappedName, CapView } from '../../protocol/groupView';
import type { Counted } from './counts';
import type { Account } from '../entries';
import type { State } from '../state';
import { COUNTED } from './counting';

const NAMES: { readonly [what in Counted]: CappedName } = {
  kernels: 'kernels',
  cells: 'cells',
  memoryBytes: 'memory',
  gpus: 'gpus',
  cpus: 'cpus'
};

/** What is capped, and what counts against it: groups before their users. */
export function viewCaps({ accounts }: State): CapView[] {
  const inOrder = firstDifference<Account>(
    (a, b) => compareText(a.owner.group, b.owner.group),
    (a, b) => compareText(a.owner.user ?? '', b.owner.user ?? '')
  );
  return [...accounts.byKey.values()].sort(inOrder).map(({ owner, order, most, used }) => ({
    ...owner,
    order: order && { owner: owner.user, by: order.by, why: order.why, sinceMs: order.sinceMs },
    caps: COUNTED.filter(it => most[it] < Infinity).map(it => ({
      what: NAMES[it],
      used: used[it],
      most: most[it]
    }))
  }));
}
