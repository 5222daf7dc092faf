import { refusal } from '../protocol/errors';
import { followUse } from './cpu/demand';
import type { Event, HolderUse } from './events';
import { markAllDirty, recount } from './holder/leases';
import { isLost } from './gpu/gpuMemory';
import { gpuNames } from './gpu/gpus';
import { promisableBytes } from './memory/promisable';
import { recallStanding } from './claim/standing';
import { addUtilisation } from './claim/peaks';
import type { HolderEntry, RunningEntry } from './entries';
import type { State } from './state';
import { tell } from './claim/story';
import { attain } from './policy/seniority';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** Measurements of the holders: demands follow (CPU4), memory is recounted (MEM1). */
export function onUseMeasured(state: State, event: Of<'useMeasured'>): void {
  for (const use of event.holders) {
    const holder = state.holders.get(use.holderId);
    if (holder && isPlausible(use)) {
      measured(state, holder, use);
    }
  }
}

/** Measurements come from outside: an invalid one is ignored. */
function isPlausible(use: HolderUse): boolean {
  return [use.cpusBusy, use.cpuSeconds, use.memoryBytes].every(it => it >= 0 && it < Infinity);
}

function measured(state: State, holder: HolderEntry, use: HolderUse): void {
  const committed = holder.committedBytes;
  holder.use = use;
  recount(state, holder);
  state.mayAdmit ||= holder.committedBytes < committed;
  for (const entry of holder.running) {
    followUse(state, entry, use);
    age(state, entry, use);
  }
  // A weight may be due, or the background work of an idle holder may take CPUs from others.
  const mayChange = holder.running.size ? state.isShort : state.isShort !== holder.confined.idle;
  mayChange && state.dirty.add(holder);
}

/** CPU7: a cell weighs less as it uses CPU time. */
function age(state: State, entry: RunningEntry, use: HolderUse): void {
  const { phase } = entry;
  phase.cpuSecondsAtGrant ??= use.cpuSecondsAtGrant ?? use.cpuSeconds;
  phase.cpuSeconds = Math.max(phase.cpuSeconds, use.cpuSeconds - phase.cpuSecondsAtGrant);
  phase.leaf && attain(phase.leaf, phase.cpuSeconds) && state.touched.add(entry);
}

/** Measurements of the node. */
export function onNodeMeasured(state: State, event: Of<'nodeMeasured'>): void {
  state.mayAdmit ||= (event.memoryPressure ?? 0) < (state.memoryPressure ?? 0);
  state.cpusBusy = event.cpusBusy;
  state.memoryUsedBytes = event.memoryUsedBytes;
  state.memoryPressure = event.memoryPressure;
  state.memoryAvailableBytes = event.memoryAvailableBytes ?? null;
}

/** What others hold (ADM14): claims that wait for it continue when it shrinks. */
export function onOthersMeasured(state: State, event: Of<'othersMeasured'>): void {
  const { bytes, totalBytes } = event;
  if (![bytes, totalBytes].every(it => it >= 0 && it < Infinity)) {
    return; // no figures
  }
  const before = promisableBytes(state);
  state.others = { bytes, totalBytes };
  state.mayAdmit ||= promisableBytes(state) > before;
}

/** Measurements of the GPUs (GPU3, GPU4); a cell is notified if it loses a GPU of its own (GPU7). */
export function onGpusMeasured(state: State, event: Of<'gpusMeasured'>): void {
  const lost = event.gpus.filter(it => it.isLost && !isLost(state, it.uuid));
  state.gpuUse.clear();
  for (const use of event.gpus) {
    state.gpuUse.set(use.uuid, use);
  }
  for (const { phase } of state.leasing) {
    addUtilisation(
      phase.peaks,
      phase.lease.gpus.map(it => state.gpuUse.get(it))
    );
  }
  lost.forEach(it => tellLoss(state, it.uuid));
  state.mayAdmit = true;
}

function tellLoss(state: State, uuid: string): void {
  const [gpu] = gpuNames(state.node?.gpus ?? [], [uuid]);
  for (const entry of state.running) {
    const uses = entry.phase.lease.gpus.includes(uuid);
    uses && gpu && tell(state, entry, { kind: 'gpuLost', gpu });
  }
}

/** A write failed: the cells of that holder run without it, and report that (ENF6). */
export function onEnforcementFailed(state: State, event: Of<'enforcementFailed'>): void {
  const { what, errno } = event;
  const told = refusal('NOT_ENFORCED', { what, errno });
  for (const entry of state.holders.get(event.holderId)?.running ?? []) {
    tell(state, entry, { kind: 'told', refusal: told });
    entry.phase.notEnforced = { kind: 'failed', what, errno };
  }
}

/** A holder escaped its confinement: its cells report that, and are confined to their grants again (ENF5). */
export function onHolderBroughtBack(state: State, event: Of<'holderBroughtBack'>): void {
  for (const entry of state.holders.get(event.holderId)?.running ?? []) {
    tell(state, entry, { kind: 'broughtBack', what: event.what });
  }
}

/** All that it holds is known now: its confinement is written again, whatever was written before (ENF4). */
export function onHolderSettled(state: State, { holderId }: Of<'holderSettled'>): void {
  const holder = state.holders.get(holderId);
  if (holder) {
    holder.isStale = true;
    state.dirty.add(holder);
  }
}

/** The scheduler packs threads, or no longer does: all masks are reconsidered (CPU10). */
export function onPackingFound(state: State, { packs }: Of<'packingFound'>): void {
  if (state.node && state.node.packsThreads !== packs) {
    state.node = { ...state.node, packsThreads: packs };
    state.pool.moved = true;
  }
}

/** Another policy: every confinement may change; what was granted stays. */
export function onPolicyChosen(state: State, event: Of<'policyChosen'>): void {
  if (state.policy !== event.policy) {
    state.policy = event.policy;
    recallStanding(state);
    state.pool.moved = true;
    markAllDirty(state);
  }
}
