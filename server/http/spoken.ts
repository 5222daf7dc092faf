import { sentenceOf } from '../protocol/errors';
import type { Reason } from '../protocol/facts';
import { ENGLISH, englishOf, type Speaker } from '../protocol/phrases';
import { waitInWords } from '../protocol/sentences';
import { notEnforcedSentence, storySentence } from '../protocol/stories';
import type { ClaimStory, ClaimView, Fit, HolderView } from '../protocol/view';
import { textOf } from './texts';

/**
 * Views as programs read them: each fact has its sentence beside it.
 *
 * #### Notes
 * The lab reads the facts alone, and says them in its reader's language and with
 * the names that notebooks have there.
 */

/** The JSON of claims; most are over, and so the same as in the snapshot before. */
export function claimsText(claims: readonly ClaimView[]): string {
  return listText(claims, spokenClaim);
}

/** The JSON of holders. */
export function holdersText(holders: readonly HolderView[]): string {
  return listText(holders, spokenHolder);
}

function listText<T extends object>(all: readonly T[], spoken: (it: T) => object): string {
  return `[${all.map(it => textOf(it, spoken)).join()}]`;
}

/** A claim with its story. */
export function spokenStory({ story, ...claim }: ClaimStory): object {
  const speaker = englishOf(claim.holderKind);
  const told = story.map(line => ({ ...line, sentence: storySentence(line.fact, speaker) }));
  return { ...spokenClaim(claim), story: told };
}

/** How a cell would fare; null for a kernel that ended meanwhile. */
export function spokenFit(fit: Fit | null): object | null {
  switch (fit?.kind) {
    case 'waits':
      return { ...fit, reason: spokenReason(fit.reason, ENGLISH) };
    case 'never':
      return { ...fit, sentence: sentenceOf(fit.why) };
    default:
      return fit;
  }
}

function spokenClaim(claim: ClaimView): object {
  const speaker = englishOf(claim.holderKind);
  switch (claim.state) {
    case 'waiting':
      return { ...claim, reason: spokenReason(claim.reason, speaker) };
    case 'running': {
      const { notEnforced: fact } = claim;
      const notEnforced = fact && { ...fact, sentence: notEnforcedSentence(fact, speaker) };
      return { ...claim, notEnforced };
    }
    case 'done':
      return { ...claim, message: claim.why && sentenceOf(claim.why, speaker) };
  }
}

function spokenHolder(holder: HolderView): object {
  const { restartRequest: request } = holder;
  // Whoever waits for it is some cell, of whatever.
  return request
    ? { ...holder, restartRequest: { ...request, reason: spokenReason(request.reason, ENGLISH) } }
    : holder;
}

function spokenReason(reason: Reason, speaker: Speaker): object {
  return { ...reason, sentence: waitInWords(reason, speaker) };
}
