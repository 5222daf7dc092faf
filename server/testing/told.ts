import type { Effect } from '../core/effects';
import type { State } from '../core/state';
import { sentenceOf } from '../protocol/errors';
import { waitInWords } from '../protocol/sentences';
import { storySentence } from '../protocol/stories';

/** The lines of a claim's story, in words; empty for a claim that is not known. */
export function storyOf(state: State, claimId: string): readonly string[] {
  return state.claims.get(claimId)?.story.map(line => storySentence(line.fact)) ?? [];
}

/** Why a claim waits, in words; its state where it does not. */
export function whyOf(state: State, claimId: string): string {
  const phase = state.claims.get(claimId)?.phase;
  return phase?.state === 'waiting' ? waitInWords(phase.reason) : (phase?.state ?? 'unknown');
}

/** What ended a claim, in words; null where nothing but its own end did. */
export function endOf(state: State, claimId: string): string | null {
  const phase = state.claims.get(claimId)?.phase;
  return phase?.state === 'done' && phase.why ? sentenceOf(phase.why) : null;
}

/** Who waits by these effects, and why: `2: for 1 GPU; GPU 0 held by a`. */
export function waitsIn(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap(it =>
    it.type === 'wait' ? [`${it.claimId}: ${waitInWords(it.reason)}`] : []
  );
}
