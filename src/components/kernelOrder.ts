import type { HolderView } from '../../server/protocol/view';

/** What a kernel does, from what matters most: it runs, waits, holds a grant for its next cell, or rests. */
type Activity = 'running' | 'waiting' | 'holding' | 'idle';

const ORDER: readonly Activity[] = ['running', 'waiting', 'holding', 'idle'];

/** What a kernel does; one that its owner is asked about does not rest. */
function activityOf({ state, grant, restartRequest }: HolderView): Activity {
  const isAskedFor = grant !== null || (restartRequest !== null && !restartRequest.declined);
  return state === 'idle' && isAskedFor ? 'holding' : state;
}

/** So many idle kernels are shown one by one; more are folded. */
const IDLE_SHOWN_MAX = 3;

const REST = ORDER.indexOf('idle');

/** The parent that a forked cell or a worker is shown below; kernels and commands stand by themselves. */
function parentOf(
  { kind, parentHolderId }: HolderView,
  among: readonly HolderView[]
): HolderView | undefined {
  const isChild = kind === 'cell' || kind === 'worker';
  return isChild ? among.find(it => it.id === parentHolderId) : undefined;
}

/** A holder, and below it its children. */
function familyOf(holder: HolderView, among: readonly HolderView[]): readonly HolderView[] {
  const children = among.filter(it => parentOf(it, among) === holder);
  return [holder, ...children.flatMap(it => familyOf(it, among))];
}

/** A family does what the busiest of it does. */
function rankOf(family: readonly HolderView[]): number {
  return Math.min(...family.map(it => ORDER.indexOf(activityOf(it))));
}

/** Kernels by what they do and then by name, their children below them; those that rest apart, if they are many. */
export function arranged(
  kernels: readonly HolderView[],
  nameOf: (kernel: HolderView) => string
): { readonly active: readonly HolderView[]; readonly idle: readonly HolderView[] } {
  const byName = [...kernels].sort(
    (a, b) => nameOf(a).localeCompare(nameOf(b)) || (a.id < b.id ? -1 : 1)
  );
  const families = byName.filter(it => !parentOf(it, byName)).map(it => familyOf(it, byName));
  families.sort((a, b) => rankOf(a) - rankOf(b));
  const sorted = families.flat();
  const first = families.filter(it => rankOf(it) < REST).flat().length;
  return sorted.length - first <= IDLE_SHOWN_MAX
    ? { active: sorted, idle: [] }
    : { active: sorted.slice(0, first), idle: sorted.slice(first) };
}
