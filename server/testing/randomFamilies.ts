import type { Holder } from '../core/events';
import type { State } from '../core/step';
import { HOLDER_KINDS, type HolderKind } from '../protocol/holder';
import type { Happening } from './harness';
import type { RandomSource } from './randomSource';

/*
 * Random holders of all kinds, as the daemon lets the core know of them: a forked cell and a worker come from
 * somebody, end with it, and are told to have ended before it (HOLD2, HOLD3).
 */

const ALONE = ['kernel', 'command'] as const;

function endsWithParent(kind: HolderKind): boolean {
  return kind === 'cell' || kind === 'worker';
}

/** A holder of some kind arrives, one of so many; where its id is another's, that one ends first. */
export function arrivals(random: RandomSource, state: State, most: number): readonly Happening[] {
  const id = `h${random.whole(1, most)}`;
  const family = familyOf(state, id);
  const others = [...state.holders.keys()].filter(it => !family.includes(it));
  const kind = random.pick(others.length ? HOLDER_KINDS : ALONE);
  const isChild = endsWithParent(kind) || (others.length > 0 && random.chance(0.4));
  const holder: Holder = {
    id,
    kind,
    pid: random.whole(1, 1e9),
    startTicks: 1,
    name: 'notebook.ipynb',
    owner: random.pick(['ann', 'bob', 'cyd']),
    parentHolderId: isChild ? random.pick(others) : null,
    group: random.pick([[], ['a'], ['a', 'x'], ['b'], ['nowhere']]),
    notebook: random.pick([null, 'a/1.ipynb', '/x/b/2.ipynb', 'x.py']),
    gated: random.chance(0.9)
  };
  // The core takes another process under an id for the end of the one before.
  const ends = family.slice(0, -1).map(holderId => ({ type: 'holderGone', holderId }) as const);
  return [...ends, { type: 'holderArrived', holder }];
}

/** One that is there tells of itself again: by another notebook, or with a parent that was found by now. */
export function renewed(random: RandomSource, state: State, holderId: string): Happening {
  const { holder } = state.holders.get(holderId)!;
  const { kind, parentHolderId = null, notebook = null } = holder;
  const parents = [parentHolderId, null, ...state.holders.keys()];
  return {
    type: 'holderArrived',
    holder: {
      ...holder,
      parentHolderId: endsWithParent(kind) ? parentHolderId : random.pick(parents),
      notebook: random.pick([notebook, 'a/1.ipynb', 'b/3.ipynb']),
      gated: holder.gated || random.chance(0.5)
    }
  };
}

/** A holder ends, and before it who ends with it. */
export function endsOf(random: RandomSource, state: State, holderId: string): readonly Happening[] {
  const killed = random.pick([null, null, 'limit', 'node'] as const);
  return familyOf(state, holderId).map(id => ({
    type: 'holderGone',
    holderId: id,
    ...(killed && { killedForMemory: killed })
  }));
}

/** A holder, behind the forked cells and workers that came from it, at whatever remove. */
function familyOf(state: State, holderId: string): readonly string[] {
  const all = Array.from(state.holders.values(), it => it.holder);
  const ending = all.filter(it => it.parentHolderId === holderId && endsWithParent(it.kind));
  return [...ending.flatMap(it => familyOf(state, it.id)), holderId];
}
