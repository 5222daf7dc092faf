import { isRunning, type HolderEntry, type WaitingEntry } from '../entries';
import type { Claim } from '../events';
import { expectedFor } from '../learn/expected';
import { keysOf, type Subject } from '../learn/learned';
import { predict } from '../learn/predict';
import type { State } from '../state';

/** A claim that has just arrived and was not considered yet; not entered anywhere. */
export function createEntry(
  state: State,
  holder: HolderEntry,
  claim: Claim,
  sinceMs: number
): WaitingEntry {
  const outer = state.claims.get(claim.outerId ?? '') ?? null;
  const keys = keysOf(subjectOf(holder, claim));
  const arrivedMs = Math.min(sinceMs, state.nowMs);
  const predicted = predict(state.learned, keys, holder.use?.memoryBytes ?? 0);
  return {
    claim,
    holder,
    outer: outer?.holder === holder && isRunning(outer) ? outer : null,
    arrivedMs,
    turn: { arrivedMs, claimId: claim.id },
    thinkMs: thinkMsOf(holder, sinceMs),
    story: [{ atMs: state.nowMs, fact: { kind: 'claimed' } }],
    keys,
    predicted,
    expectedBytes: expectedFor(state, claim, predicted),
    needs: null,
    phase: {
      state: 'waiting',
      reason: { kind: 'unseen', resource: 'cpus', blockers: [] },
      cap: null,
      line: 'cpus',
      position: 0,
      reservation: null,
      passedBy: 0,
      possible: null
    }
  };
}

function subjectOf({ holder }: HolderEntry, { cellId, sourceHash }: Claim): Subject {
  const { owner, kind: holderKind, notebook = null } = holder;
  return { owner, holderKind, notebook, cellId, sourceHash };
}

function thinkMsOf({ lastEndedMs, running, waiting }: HolderEntry, atMs: number): number | null {
  const isIdle = lastEndedMs !== null && running.size + waiting.size === 0;
  return isIdle ? Math.max(0, atMs - lastEndedMs) : null;
}
