import { onClaimArrived, onClaimCancelled, onClaimEnded, onClaimGivenUp } from './claim/claims';
import { orderConfinements } from './holder/confine';
import { CYCLE_DEPTH, runCycle, TICK_DEPTH } from './cycle';
import type { Effect } from './effects';
import type { Event } from './events';
import { onMemoryMeasured } from './memory/guard';
import { onHolderArrived, onHolderGone } from './holder/holders';
import { askForHolds, onHoldReleased, orderKept } from './holder/holds';
import { onFreeWanted, onRestartDeclined, onRestartWanted } from './gpu/keepers';
import {
  onEnforcementFailed,
  onGpusMeasured,
  onHolderBroughtBack,
  onHolderSettled,
  onNodeMeasured,
  onOthersMeasured,
  onPackingFound,
  onPolicyChosen,
  onUseMeasured
} from './measures';
import { onConfigured, onNodeFound } from './nodes';
import { nextOfRound, ROUND_PER_TICK, settleCpus } from './cpu/settle';
import { recallStanding } from './claim/standing';
import type { RunningEntry } from './entries';
import type { State } from './state';
import { onTick } from './tick';

export { createState, type State } from './state';

/**
 * The arbiter: one event in, its effects out.
 *
 * 1. The event changes what is known.
 * 2. If that may let a waiting claim go, the admission cycle runs.
 * 3. CPUs follow: places, masks, weights.
 * 4. Confinements that changed are ordered, before the messages; what holders keep
 *    across cells, behind them.
 *
 * #### Notes
 * - `createState()` makes a state; `step` owns it and updates it in place.
 *   Nothing else may change it; `snapshot` and `story` read it.
 * - Pure apart from the state: no clock, no randomness, no I/O. The same events
 *   give the same effects.
 * - Effects are to be carried out in their order: a holder is confined before
 *   its claim hears of the grant. Effects name no holder that is gone,
 *   but for `killed`.
 * - It never throws on what comes from outside: an unknown holder or claim, a
 *   duplicate, a late event, figures that are none are refused by name or
 *   passed over. A time before the last one is taken as the last one.
 * - `nodeFound` comes first, `ticked` at least once a second: waits expire,
 *   evictions are due, shares drift only then. `useMeasured` of all holders with
 *   a running cell once a second is what demands follow (CPU4).
 * - `wait` is sent when a claim queues and when its reason or place changes;
 *   far back in a long queue the place is told by the snapshot alone.
 */
export function step(state: State, event: Event): Effect[] {
  state.nowMs = Math.max(state.nowMs, Number.isFinite(event.atMs) ? event.atMs : 0);
  state.revision += 1;
  state.messages = [];
  const isTick = event.type === 'ticked';
  const lookAt = isTick ? nextOfRound(state, ROUND_PER_TICK) : [];
  handle(state, event, lookAt);
  if (state.mayAdmit) {
    const depth = isTick ? TICK_DEPTH : CYCLE_DEPTH;
    runCycle(state, depth);
    askForHolds(state) && runCycle(state, depth);
  }
  settleCpus(state, lookAt);
  const effects = [...orderConfinements(state), ...state.messages, ...orderKept(state)];
  state.messages = [];
  return effects;
}

function handle(state: State, event: Event, lookAt: readonly RunningEntry[]): void {
  switch (event.type) {
    case 'nodeFound':
      return onNodeFound(state, event);
    case 'configured':
      return onConfigured(state, event);
    case 'holderArrived':
      return onHolderArrived(state, event);
    case 'holderGone':
      return onHolderGone(state, event);
    case 'claimArrived':
      return onClaimArrived(state, event);
    case 'claimCancelled':
      return onClaimCancelled(state, event);
    case 'claimGivenUp':
      return onClaimGivenUp(state, event);
    case 'claimEnded':
      return onClaimEnded(state, event);
    case 'useMeasured':
      return onUseMeasured(state, event);
    case 'memoryMeasured':
      return onMemoryMeasured(state, event);
    case 'nodeMeasured':
      return onNodeMeasured(state, event);
    case 'othersMeasured':
      return onOthersMeasured(state, event);
    case 'gpusMeasured':
      return onGpusMeasured(state, event);
    case 'freeWanted':
      return onFreeWanted(state, event);
    case 'restartWanted':
      return onRestartWanted(state, event);
    case 'restartDeclined':
      return onRestartDeclined(state, event);
    case 'holdReleased':
      return onHoldReleased(state, event);
    case 'enforcementFailed':
      return onEnforcementFailed(state, event);
    case 'holderBroughtBack':
      return onHolderBroughtBack(state, event);
    case 'holderSettled':
      return onHolderSettled(state, event);
    case 'packingFound':
      return onPackingFound(state, event);
    case 'policyChosen':
      return onPolicyChosen(state, event);
    case 'defaultsChanged':
      return recallStanding(state);
    case 'noticed':
      state.notices = event.notices;
      return;
    case 'ticked':
      return onTick(state, lookAt);
  }
}
