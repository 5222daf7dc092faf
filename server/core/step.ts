import { expireWaits, onClaimArrived, onClaimCancelled, onClaimEnded } from './claims';
import { orderConfinements } from './confine';
import { runCycle } from './cycle';
import type { Effect } from './effects';
import type { Event } from './events';
import { onHolderArrived, onHolderGone } from './holders';
import {
  onEnforcementFailed,
  onGpusMeasured,
  onNodeFound,
  onNodeMeasured,
  onPolicyChosen,
  onUseMeasured
} from './measures';
import { repinAll } from './repin';
import type { State } from './state';

export { createState, type State } from './state';

/**
 * The arbiter: one event in, its effects out.
 *
 * #### Notes
 * - `createState()` makes a state; `step` owns it and updates it in place.
 *   Nothing else may change it. `snapshot` and `story` read it.
 * - Pure apart from the state: no clock, no randomness, no I/O. The same events
 *   give the same effects.
 * - Effects are to be carried out in order: confinements first, so that a
 *   holder is confined before its claim hears of the grant.
 * - Never throws on what comes from outside: an unknown holder or claim, a
 *   duplicate, a late event are refused by name or passed over. It throws only
 *   where it is wrong itself.
 * - Send `nodeFound` first, and `ticked` at least once a second.
 */
export function step(state: State, event: Event): Effect[] {
  state.nowMs = Math.max(state.nowMs, Number.isFinite(event.atMs) ? event.atMs : 0);
  state.revision += 1;
  state.messages = [];
  handle(state, event);
  runCycle(state);
  repinAll(state);
  orderConfinements(state);
  return state.messages;
}

function handle(state: State, event: Event): void {
  switch (event.type) {
    case 'nodeFound':
      return onNodeFound(state, event);
    case 'holderArrived':
      return onHolderArrived(state, event);
    case 'holderGone':
      return onHolderGone(state, event.holderId);
    case 'claimArrived':
      return onClaimArrived(state, event);
    case 'claimCancelled':
      return onClaimCancelled(state, event);
    case 'claimEnded':
      return onClaimEnded(state, event);
    case 'useMeasured':
      return onUseMeasured(state, event);
    case 'nodeMeasured':
      return onNodeMeasured(state, event);
    case 'gpusMeasured':
      return onGpusMeasured(state, event);
    case 'enforcementFailed':
      return onEnforcementFailed(state, event);
    case 'policyChosen':
      return onPolicyChosen(state, event);
    case 'noticed':
      state.notices = event.notices;
      return;
    case 'ticked':
      return expireWaits(state);
  }
}
