import { amountInWords, bytesBeside } from '../../protocol/amounts';
import type { Detail } from '../../protocol/details';
import { refusal, type Refusal } from '../../protocol/errors';
import type { Event, MemoryKill } from '../events';
import { INTERRUPT_GRACE_MS, interruptAtBytes } from './memoryGuard';
import type { HolderEntry, RunningEntry } from '../entries';
import type { State } from '../state';
import { tell } from '../claim/story';

/**
 * The memory of a limited holder was measured.
 *
 * #### Notes
 * The guard uses only this figure: it is what counts against the limit, and may
 * be less than all that the holder keeps, which the ledger follows (MEM1).
 */
export function onMemoryMeasured(
  state: State,
  event: Extract<Event, { type: 'memoryMeasured' }>
): void {
  const holder = state.holders.get(event.holderId);
  const { memoryBytes } = event;
  if (!holder || !(memoryBytes >= 0 && memoryBytes < Infinity)) {
    return;
  }
  holder.limitedBytes = memoryBytes;
  for (const { phase } of holder.running) {
    phase.peaks.memoryBytes = Math.max(phase.peaks.memoryBytes ?? 0, memoryBytes);
  }
  guardMemory(state, holder, memoryBytes);
}

/**
 * MEM3: interrupt a cell whose holder's memory comes near its limit.
 *
 * #### Notes
 * Of several cells, the youngest first: it is the likeliest cause, and has the
 * least to lose. After that all get a pause in which memory may be freed.
 */
function guardMemory(state: State, holder: HolderEntry, memoryBytes: number): void {
  const limitBytes = holder.confined.memoryBytes;
  if (limitBytes === null || holder.running.size === 0) {
    return;
  }
  const guards = [...holder.running].map(entry => entry.phase.guard);
  guards.forEach(guard => (guard.floorBytes ??= memoryBytes));
  const floorBytes = Math.min(...guards.map(guard => guard.floorBytes!));
  if (memoryBytes < interruptAtBytes(limitBytes, floorBytes)) {
    guards.forEach(guard => (guard.isArmed = true));
    return;
  }
  const lastMs = Math.max(...guards.map(guard => guard.interruptedMs ?? -Infinity));
  const youngest = [...holder.running].reverse().find(entry => entry.phase.guard.isArmed);
  if (youngest && state.nowMs - lastMs >= INTERRUPT_GRACE_MS) {
    const atBytes = interruptAtBytes(limitBytes, floorBytes);
    interrupt(state, youngest, nearLimit(memoryBytes, limitBytes, atBytes, floorBytes));
  }
}

function nearLimit(
  memoryBytes: number,
  limitBytes: number,
  atBytes: number,
  floorBytes: number
): Refusal {
  return refusal('MEMORY_NEAR_LIMIT', {
    used: bytesBeside(memoryBytes, limitBytes),
    limit: amountInWords(limitBytes),
    at: bytesBeside(atBytes, limitBytes),
    kept: keptOf(floorBytes, limitBytes)
  });
}

/** The fraction of a limit that a kernel may have kept from earlier cells without mention. */
const KEPT_PART = 1 / 4;

/** What a kernel kept from earlier cells, if it is much of the limit. */
function keptOf(bytes: number, limitBytes: number): Detail {
  const isMuch = bytes > limitBytes * KEPT_PART && bytes < Infinity;
  return isMuch ? { kind: 'kept', bytes, limitBytes } : '';
}

function interrupt(state: State, entry: RunningEntry, why: Refusal): void {
  const { guard } = entry.phase;
  guard.isArmed = false;
  guard.interruptedMs = state.nowMs;
  guard.why = why;
  tell(state, entry, { kind: 'told', refusal: why });
  const { id, holderId } = entry.claim;
  state.messages.push({ type: 'interrupt', holderId, claimId: id, refusal: why });
}

/** MEM3: the refusal of a claim whose holder was killed for lack of memory. */
export function killedFor(holder: HolderEntry, reached: MemoryKill): Refusal {
  const limitBytes = holder.confined.memoryBytes;
  if (limitBytes === null || reached === 'node') {
    return refusal('KILLED_BY_NODE', {});
  }
  const keptBytes = Math.min(...[...holder.running].map(it => it.phase.guard.floorBytes ?? 0));
  const kept = keptOf(keptBytes, limitBytes);
  return refusal('KILLED_AT_LIMIT', { limit: amountInWords(limitBytes), kept });
}
