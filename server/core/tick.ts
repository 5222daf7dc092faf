import { expireLaunches } from './cap/launches';
import { expireWaits } from './claim/claims';
import { cullIdle } from './cull/cull';
import { expireHolds } from './holder/holds';
import { askKeepers } from './gpu/keepers';
import { weightByUse, useAt } from './policy/fairness';
import { changeWeight, findBusiest, type ShareNode } from './policy/shareTree';
import { carryOutEvictions, limitRuntime, preempt } from './policy/preempt';
import { resizeRanges } from './cpu/settle';
import type { RunningEntry } from './entries';
import type { State } from './state';

/** How many users without a kernel are remembered. */
const USERS_MAX = 4096;

/**
 * Time passed: carry out what is due.
 *
 * 1. Waits, holds and launches that are over end (ADM8, ADM9, CAP5).
 * 2. Users are weighted by their recent use (FAIR3).
 * 3. Cells that ran too long are interrupted; heads are served by preemption (FAIR4).
 * 4. Idle kernels whose GPU memory blocks a claim are asked to free it (GPU5).
 * 5. Idle kernels are shut down where the configuration says so (CULL1).
 */
export function onTick(state: State, lookAt: readonly RunningEntry[]): void {
  expireWaits(state);
  expireHolds(state);
  expireLaunches(state);
  weighUsers(state);
  limitRuntime(state, lookAt);
  preempt(state);
  carryOutEvictions(state);
  askKeepers(state);
  cullIdle(state);
  resizeRanges(state);
  state.mayAdmit = true;
}

/** FAIR3: inside each group users are weighted by their decayed use. */
function weighUsers(state: State): void {
  findBusiest(state.shares);
  const visit = (node: ShareNode): void => {
    node.kind === 'members' ? weighMembers(state, node) : node.children.forEach(visit);
  };
  visit(state.shares.root);
}

function weighMembers(state: State, members: ShareNode): void {
  const users = [...members.children.values()];
  const active = users.filter(user => user.running > 0);
  const uses = active.map(user => useAt(user.use, state.nowMs));
  const mean = uses.reduce((sum, use) => sum + use, 0) / Math.max(1, active.length);
  active.forEach((user, index) => {
    const own = user.ownWeight;
    const weight = own * weightByUse(uses[index]! / own, mean);
    weight !== user.weight && changeWeight(user, weight);
  });
  if (users.length > USERS_MAX) {
    const idle = users.filter(user => user.holders === 0);
    idle
      .sort((a, b) => useAt(a.use, state.nowMs) - useAt(b.use, state.nowMs))
      .slice(0, users.length - USERS_MAX)
      .forEach(user => members.children.delete(user.name));
  }
}
