import type { TranslationBundle } from '@jupyterlab/translation';

import { sentenceOf } from '../../server/protocol/errors';
import type { Speaker } from '../../server/protocol/phrases';
import type { ClaimIn } from '../arbiter/badge';
import type { News } from '../arbiter/news';
import { speakerOf } from '../arbiter/speaker';
import { formatAmount, formatBytesBeside, formatSpan } from '../format';
import { grantText, outcomeText } from './claimTexts';

/** A piece of news in one sentence, with the name of its cell. */
export function newsText(
  trans: TranslationBundle,
  paths: ReadonlyMap<string, string>,
  news: News
): string {
  const { claim } = news;
  const speaker = speakerOf(trans, paths, claim.holderKind);
  const name = [speaker.nameOf(claim), claim.label].filter(Boolean).join(' ▸ ');
  switch (news.kind) {
    case 'granted': {
      const { grantedMs, arrivedMs, grant } = news.claim;
      const waited = formatSpan(grantedMs - arrivedMs);
      return trans.__(
        '%1 runs with %2, after a wait of %3.',
        name,
        grantText(trans, grant),
        waited
      );
    }
    case 'nearMemory': {
      const { memoryBytes, grant } = news.claim;
      const limit = grant.memoryBytes ?? 0;
      const used = formatBytesBeside(memoryBytes ?? 0, limit);
      return trans.__(
        '%1 uses %2 of its %3 of memory, and is interrupted when it comes nearer. Ask for more next time, or let it keep less.',
        ...[name, used, formatAmount(limit)]
      );
    }
    default:
      return `${name}: ${endText(speaker, news.claim)}`;
  }
}

function endText(speaker: Speaker, claim: ClaimIn<'done'>): string {
  const { trans } = speaker;
  if (claim.why) {
    return sentenceOf(claim.why, speaker);
  }
  const outcome = outcomeText(speaker, claim.outcome, null);
  if (claim.grantedMs === null) {
    return outcome;
  }
  const waited = formatSpan(claim.grantedMs - claim.arrivedMs);
  return trans.__(
    '%1, waited %2, ran %3',
    outcome,
    waited,
    formatSpan(claim.endedMs - claim.grantedMs)
  );
}
