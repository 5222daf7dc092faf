import { onKernelLaunching, onLaunchFailed } from './cap/launches';
import { onDrainChosen } from './claim/drain';
import { onClaimArrived, onClaimCancelled, onClaimEnded, onClaimGivenUp } from './claim/claims';
import { orderConfinements } from './holder/confine';
import { CYCLE_DEPTH, runCycle, TICK_DEPTH } from './cycle';
import { onAttended, onCullBegun, onCullFailed, onKeepWanted } from './cull/cull';
import type { Effect } from './effects';
import type { Event } from './events';
import { onRemembered } from './learn/learn';
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
import { onCapsOrdered, onConfigured, onGroupAssigned, onNodeFound } from './nodes';
import { onEvictionChosen } from './policy/evict';
import { onMovedUp } from './queue/moveUp';
import { nextOfRound, ROUND_PER_TICK, settleCpus } from './cpu/settle';
import { recallStanding } from './claim/standing';
import type { RunningEntry } from './entries';
import type { State } from './state';
import { onTick } from './tick';

export { createState } from './beginnings';
export type { State } from './state';

/**
 * The arbiter: one event in, its effects out.
 *
 * 1. The event changes what is known.
 * 2. If that may admit a waiting claim, the admission cycle runs.
 * 3. CPUs follow: places, masks, weights.
 * 4. Changed confinements are ordered before the messages, and changes of what holders keep
 *    across cells after them.
 *
 * #### Notes
 * - `createState()` makes a state; `step` owns it and updates it in place.
 *   Nothing else may change it; `snapshot` and `story` read it.
 * - Pure apart from the state: no clock, no randomness, no I/O. The same events
 *   give the same effects.
 * - Effects must be carried out in order: a holder is confined before
 *   its claim receives the grant. Effects name no holder that is gone,
 *   except `killed`, `culled` and `executed`.
 * - It never throws on what comes from outside: an unknown holder or claim, a
 *   duplicate, a late event or invalid figures are refused by name or
 *   ignored. A time before the last one counts as the last one.
 * - `nodeFound` comes first, `ticked` at least once a second: waits expire,
 *   evictions are due, shares drift only then. `useMeasured` of all holders with
 *   a running cell once a second is what demands follow (CPU4).
 * - `wait` is sent when a claim queues and when its reason or place changes;
 *   far back in a long queue only the snapshot has the place.
 */
export function step(state: State, event: Event): Effect[] {
  state.nowMs = Math.max(state.nowMs, Number.isFinite(event.atMs) ? event.atMs : 0);
  state.revision += 1;
  state.messages = [];
  const isTick = event.type === 'ticked';
  const lookAt = isTick ? nextOfRound(state, ROUND_PER_TICK) : [];
  (HANDLERS[event.type] as Handler)(state, event, lookAt);
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

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>;

/** What each event changes; a tick examines some of the running claims. */
const HANDLERS: {
  readonly [T in Event['type']]: (
    state: State,
    event: EventOf<T>,
    lookAt: readonly RunningEntry[]
  ) => void;
} = {
  nodeFound: onNodeFound,
  configured: onConfigured,
  kernelLaunching: onKernelLaunching,
  launchFailed: onLaunchFailed,
  holderArrived: onHolderArrived,
  holderGone: onHolderGone,
  claimArrived: onClaimArrived,
  claimCancelled: onClaimCancelled,
  claimGivenUp: onClaimGivenUp,
  movedUp: onMovedUp,
  claimEnded: onClaimEnded,
  remembered: onRemembered,
  useMeasured: onUseMeasured,
  memoryMeasured: onMemoryMeasured,
  nodeMeasured: onNodeMeasured,
  othersMeasured: onOthersMeasured,
  gpusMeasured: onGpusMeasured,
  freeWanted: onFreeWanted,
  restartWanted: onRestartWanted,
  restartDeclined: onRestartDeclined,
  holdReleased: onHoldReleased,
  attended: onAttended,
  keepWanted: onKeepWanted,
  cullBegun: onCullBegun,
  cullFailed: onCullFailed,
  enforcementFailed: onEnforcementFailed,
  holderBroughtBack: onHolderBroughtBack,
  holderSettled: onHolderSettled,
  packingFound: onPackingFound,
  policyChosen: onPolicyChosen,
  drainChosen: onDrainChosen,
  evictionChosen: onEvictionChosen,
  groupAssigned: onGroupAssigned,
  capsOrdered: onCapsOrdered,
  defaultsChanged: recallStanding,
  noticed: (state, event) => {
    state.notices = event.notices;
  },
  ticked: (state, _, lookAt) => onTick(state, lookAt)
};

/** A handler takes events of its own type, which the table ensures. */
type Handler = (state: State, event: Event, lookAt: readonly RunningEntry[]) => void;
