import { sentenceOf } from '../protocol/errors';
import type { Reason } from '../protocol/facts';
import { ENGLISH, englishOf, type Speaker } from '../protocol/phrases';
import { drainSentence, waitInWords } from '../protocol/sentences';
import { notEnforcedSentence, storySentence } from '../protocol/stories';
import type { ClaimStory, ClaimView, Fit, HolderView, NodeView } from '../protocol/view';
import { textOf } from './texts';

/**
 * Views for programs: each fact is accompanied by its sentence.
 *
 * #### Notes
 * The lab uses only the facts, and puts them in its reader's language, with
 * the names that notebooks have there.
 */

/** The JSON of claims; most have ended, so they are the same as in the previous snapshot. */
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

/** The JSON of the node. */
export function nodeText(node: NodeView): string {
  return textOf(node, spokenNode);
}

function spokenNode(node: NodeView): object {
  const { drain } = node;
  return { ...node, drain: drain && { ...drain, sentence: drainSentence(drain) } };
}

/** A claim with its story. */
export function spokenStory({ story, ...claim }: ClaimStory): object {
  const speaker = englishOf(claim.holderKind);
  const told = story.map(line => ({ ...line, sentence: storySentence(line.fact, speaker) }));
  return { ...spokenClaim(claim), story: told };
}

/** What would happen to a cell; null for a kernel that has ended meanwhile. */
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
  // The waiting claim is some cell, of any kind of holder.
  return request
    ? { ...holder, restartRequest: { ...request, reason: spokenReason(request.reason, ENGLISH) } }
    : holder;
}

function spokenReason(reason: Reason, speaker: Speaker): object {
  return { ...reason, sentence: waitInWords(reason, speaker) };
}
