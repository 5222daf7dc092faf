import { refusal, sentenceOf, type Refusal } from '../protocol/errors';
import type { Event, MemoryKill } from './events';
import { INTERRUPT_GRACE_MS, interruptAtBytes } from './policy/memoryGuard';
import type { HolderEntry, RunningEntry, State } from './state';
import { tell } from './story';
import { bytesInWords } from './words';

/**
 * The memory of a limited holder was measured.
 *
 * #### Notes
 * Only this counts for the guard: it is what counts against the limit, and may
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
    phase.memoryPeakBytes = Math.max(phase.memoryPeakBytes ?? 0, memoryBytes);
  }
  guardMemory(state, holder, memoryBytes);
}

/**
 * MEM3: interrupt a cell whose holder's memory comes near its limit.
 *
 * #### Notes
 * Of several cells the youngest first: it is the likeliest cause, and has the
 * least to lose. Then all have a pause in which memory may be freed.
 */
export function guardMemory(state: State, holder: HolderEntry, memoryBytes: number): void {
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
    interrupt(state, youngest, memoryBytes, limitBytes);
  }
}

function interrupt(
  state: State,
  entry: RunningEntry,
  memoryBytes: number,
  limitBytes: number
): void {
  const why = refusal('MEMORY_NEAR_LIMIT', {
    used: bytesInWords(memoryBytes),
    limit: bytesInWords(limitBytes)
  });
  const { guard } = entry.phase;
  guard.isArmed = false;
  guard.interruptedMs = state.nowMs;
  guard.message = sentenceOf(why);
  tell(state, entry, guard.message);
  const { id, holderId } = entry.claim;
  state.messages.push({ type: 'interrupt', holderId, claimId: id, refusal: why });
}

/** MEM3: what a claim whose holder was killed for want of memory is told. */
export function killedFor(holder: HolderEntry, reached: MemoryKill): Refusal {
  const limitBytes = holder.confined.memoryBytes;
  return limitBytes === null || reached === 'node'
    ? refusal('KILLED_BY_NODE', {})
    : refusal('KILLED_AT_LIMIT', { limit: bytesInWords(limitBytes) });
}
