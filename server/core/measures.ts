import { refusal, sentenceOf } from '../protocol/errors';
import { createCpuPool } from './place/cpuPool';
import type { Event, HolderUse } from './events';
import { enterLease, leaseOf, markAllDirty, recountMemory } from './leases';
import { isShort } from './confine';
import type { State } from './state';
import { tell } from './story';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** The node was read, at the start or again: what is pinned is counted anew. */
export function onNodeFound(state: State, event: Of<'nodeFound'>): void {
  state.node = event.node;
  state.pool = { ...createCpuPool(event.node.cpus), moved: true };
  state.gpuLeases.clear();
  for (const entry of state.running) {
    const lease = leaseOf(entry);
    lease && enterLease(state, entry.holder, lease);
  }
  for (const holder of state.holders.values()) {
    holder.held && enterLease(state, holder, holder.held.lease);
  }
  markAllDirty(state);
}

/** CPU4: an unstated demand follows what was measured. */
function followUse(state: State, use: HolderUse): void {
  const holder = state.holders.get(use.holderId);
  for (const entry of holder?.running ?? []) {
    if (entry.phase.state === 'running') {
      const { phase } = entry;
      phase.cpusPeak = Math.max(phase.cpusPeak, use.cpusBusy);
      phase.memoryPeakBytes = Math.max(phase.memoryPeakBytes ?? 0, use.memoryBytes);
      if (entry.claim.ask.cpus.kind === 'auto') {
        const most = state.pool.cpus.length;
        phase.demand = Math.min(most, Math.max(0.1, use.cpusBusy * 1.25 + 0.25));
      }
    }
  }
}

/** Figures of the holders. */
export function onUseMeasured(state: State, event: Of<'useMeasured'>): void {
  const wasShort = isShort(state);
  for (const use of event.holders) {
    const holder = state.holders.get(use.holderId);
    if (holder) {
      holder.use = use;
      recountMemory(state, holder);
      followUse(state, use);
    }
  }
  if (wasShort || isShort(state)) {
    markAllDirty(state);
  }
}

/** Figures of the node. */
export function onNodeMeasured(state: State, event: Of<'nodeMeasured'>): void {
  state.cpusBusy = event.cpusBusy;
  state.memoryUsedBytes = event.memoryUsedBytes;
  state.memoryPressure = event.memoryPressure;
}

/** Figures of the GPUs. */
export function onGpusMeasured(state: State, event: Of<'gpusMeasured'>): void {
  state.gpuUse.clear();
  for (const use of event.gpus) {
    state.gpuUse.set(use.uuid, use);
  }
}

/** A write failed: the cells of that holder run without it, and are told (MEM2, ENF3). */
export function onEnforcementFailed(state: State, event: Of<'enforcementFailed'>): void {
  const holder = state.holders.get(event.holderId);
  for (const entry of holder?.running ?? []) {
    const { what, errno } = event;
    tell(state, entry, sentenceOf(refusal('NOT_ENFORCED', { what, errno })));
  }
}

/** Another policy: every confinement may change; what was granted stays. */
export function onPolicyChosen(state: State, event: Of<'policyChosen'>): void {
  state.policy = event.policy;
  markAllDirty(state);
}
