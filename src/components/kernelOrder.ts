import type { HolderView } from '../../server/protocol/view';

/** What a kernel does, from what matters most: it runs, waits, holds a grant for its next cell, or rests. */
export type Activity = 'running' | 'waiting' | 'holding' | 'idle';

const ORDER: readonly Activity[] = ['running', 'waiting', 'holding', 'idle'];

/** What a kernel does; one that its owner is asked about does not rest. */
export function activityOf({ state, grant, restartRequest }: HolderView): Activity {
  const isAskedFor = grant !== null || (restartRequest !== null && !restartRequest.declined);
  return state === 'idle' && isAskedFor ? 'holding' : state;
}

/** So many idle kernels are shown one by one; more are folded. */
const IDLE_SHOWN_MAX = 3;

/** Kernels by what they do and then by name; those that rest apart, if they are many. */
export function arranged(
  kernels: readonly HolderView[],
  nameOf: (kernel: HolderView) => string
): { readonly active: readonly HolderView[]; readonly idle: readonly HolderView[] } {
  const rank = (kernel: HolderView): number => ORDER.indexOf(activityOf(kernel));
  const sorted = [...kernels].sort(
    (a, b) => rank(a) - rank(b) || nameOf(a).localeCompare(nameOf(b)) || (a.id < b.id ? -1 : 1)
  );
  const first = sorted.findIndex(kernel => activityOf(kernel) === 'idle');
  return first < 0 || sorted.length - first <= IDLE_SHOWN_MAX
    ? { active: sorted, idle: [] }
    : { active: sorted.slice(0, first), idle: sorted.slice(first) };
}
