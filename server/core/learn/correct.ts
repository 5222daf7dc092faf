import type { Predicted, Prediction } from '../../protocol/prediction';
import { tell } from '../claim/story';
import type { ClaimEntry, RunningEntry, WaitingEntry } from '../entries';
import { recount } from '../holder/leases';
import { hasQueued } from '../queue/reserve';
import type { State } from '../state';

/** LEARN5: a cell that has more memory than it was expected to need is promised what it has; its holder is still to be recounted. */
export function raiseExpected({ lease, peaks }: RunningEntry['phase']): void {
  if (lease.expectedBytes !== null && peaks.memoryBytes !== null) {
    lease.expectedBytes = Math.max(lease.expectedBytes, peaks.memoryBytes);
  }
}

/** A claim waits no longer for the memory that is predicted for it (LEARN4): what it asks for, it still waits for. */
export function stopExpecting(state: State, entry: WaitingEntry): void {
  entry.expectedBytes = null;
  entry.needs = null;
  state.mayAdmit = true;
  tell(state, entry, { kind: 'predictionForgone' });
}

/** A running claim gives up what is promised to it by prediction, to those inside it (LEARN4). */
export function giveUpExpected(state: State, entry: RunningEntry): void {
  const { lease } = entry.phase;
  lease.expectedBytes = null;
  hasQueued(lease) || state.leasing.delete(entry);
  state.mayAdmit = true;
  recount(state, entry.holder);
  tell(state, entry, { kind: 'predictionForgone' });
}

/** What was predicted, but no less than what is used already (LEARN5). */
export function correctedOf({ predicted, phase }: ClaimEntry): Prediction | null {
  if (!predicted || phase.state !== 'running') {
    return predicted;
  }
  const { peaks } = phase;
  return {
    cpus: atLeast(predicted.cpus, peaks.cpus),
    memoryBytes: atLeast(predicted.memoryBytes, peaks.memoryBytes),
    gpuMemoryBytes: atLeast(predicted.gpuMemoryBytes, peaks.gpuMemoryBytes)
  };
}

function atLeast(predicted: Predicted | null, used: number | null): Predicted | null {
  return predicted && used !== null && used > predicted.amount
    ? { ...predicted, amount: used }
    : predicted;
}

/** A prediction was wrong by much if it was off by this factor, and by this amount. */
const WRONG_FACTOR = 2;
const WRONG_BYTES = 256 * 1024 ** 2;

/** LEARN5: tell that a claim's memory was predicted wrongly, by much; of one that did not complete, only that it was too low. */
export function tellIfWrong(state: State, entry: RunningEntry, isWhole: boolean): void {
  const predicted = entry.predicted?.memoryBytes ?? null;
  const usedBytes = entry.phase.peaks.memoryBytes;
  if (!predicted || usedBytes === null || entry.claim.ask.memoryBytes !== null) {
    return;
  }
  const [less, more] = [predicted.amount, usedBytes].sort((a, b) => a - b) as [number, number];
  const isWrong = more >= less * WRONG_FACTOR && more - less >= WRONG_BYTES;
  const isSure = isWhole || usedBytes > predicted.amount;
  isWrong && isSure && tell(state, entry, { kind: 'mispredicted', predicted, usedBytes });
}
