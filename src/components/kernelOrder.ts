import type { HolderView } from '../../server/protocol/view';

/** A kernel's activity, most important first: it runs, waits, holds a grant for its next cell, or is idle. */
type Activity = 'running' | 'waiting' | 'holding' | 'idle';

const ORDER: readonly Activity[] = ['running', 'waiting', 'holding', 'idle'];

/** A kernel's activity; one whose owner is being asked or told about it is not idle. */
export function activityOf({ state, grant, restartRequest, cull }: HolderView): Activity {
  const isToEnd = cull !== undefined && cull.atMs !== null;
  const isAskedFor =
    isToEnd || grant !== null || (restartRequest !== null && !restartRequest.declined);
  return state === 'idle' && isAskedFor ? 'holding' : state;
}

/** Up to this many idle kernels are shown one by one; more are folded. */
const IDLE_SHOWN_MAX = 3;

const REST = ORDER.indexOf('idle');

/** A holder, and its children. */
export type Family = { readonly holder: HolderView; readonly children: readonly Family[] };

/** All of a family, each before its children. */
export function membersOf({ holder, children }: Family): readonly HolderView[] {
  return [holder, ...children.flatMap(membersOf)];
}

/** A family is as active as its busiest member. */
function rankOf(family: Family): number {
  return Math.min(...membersOf(family).map(it => ORDER.indexOf(activityOf(it))));
}

/** Holders below their parents; a holder without a present parent is a root. */
function familiesOf(holders: readonly HolderView[]): readonly Family[] {
  const known = new Set(holders.map(it => it.id));
  const below = new Map<string | null, HolderView[]>();
  for (const holder of holders) {
    const { parentHolderId: id } = holder;
    const parent = id !== null && known.has(id) ? id : null;
    below.set(parent, [...(below.get(parent) ?? []), holder]);
  }
  const familyOf = (holder: HolderView): Family => ({
    holder,
    children: byActivity((below.get(holder.id) ?? []).map(familyOf))
  });
  return (below.get(null) ?? []).map(familyOf);
}

function byActivity(families: readonly Family[]): readonly Family[] {
  return [...families].sort((a, b) => rankOf(a) - rankOf(b));
}

/** Kernels by activity and then by name, with their children; idle ones apart, if there are many. */
export function arranged(
  kernels: readonly HolderView[],
  nameOf: (kernel: HolderView) => string
): { readonly active: readonly Family[]; readonly idle: readonly Family[] } {
  const byName = [...kernels].sort(
    (a, b) => nameOf(a).localeCompare(nameOf(b)) || (a.id < b.id ? -1 : 1)
  );
  const sorted = byActivity(familiesOf(byName));
  const active = sorted.filter(it => rankOf(it) < REST);
  const idle = sorted.slice(active.length);
  return idle.flatMap(membersOf).length <= IDLE_SHOWN_MAX
    ? { active: sorted, idle: [] }
    : { active, idle };
}
