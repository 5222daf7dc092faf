import { spanInWords } from './amounts';
import type { Eviction } from './facts';
import { ENGLISH, type Phrases, type Speaker } from './phrases';

/** Why a running cell is evicted (FAIR4, ADMIN4), as a part of a sentence. */
export function evictionInWords(why: Eviction, speaker: Speaker = ENGLISH): string {
  const { trans, nameOf } = speaker;
  switch (why.kind) {
    case 'runtime':
      return runtimeInWords(speaker, why.group, spanInWords(why.mostMs));
    case 'ordered':
      return why.why === null
        ? trans.__('%1, an administrator of this node, ordered it', why.by)
        : trans.__('%1, an administrator of this node, ordered it (%2)', why.by, why.why);
    case 'owed':
      return trans.__(
        '%1 of group %2 is owed it and waited %3; %7 of group %4 had run %5 (chosen by: %6)',
        nameOf(why.to),
        why.toGroup,
        spanInWords(why.waitedMs),
        why.group,
        spanInWords(why.ranMs),
        policyInWords(trans, why.victims),
        thisInWords(speaker)
      );
  }
}

function runtimeInWords({ trans, of }: Speaker, group: string, most: string): string {
  switch (of) {
    case 'kernel':
    case 'cell':
      return trans.__('cells of group %1 may run for at most %2', group, most);
    case 'worker':
      return trans.__('workers of group %1 may run for at most %2', group, most);
    case 'command':
      return trans.__('commands of group %1 may run for at most %2', group, most);
  }
}

/** The kind of holder that a claim belongs to, in the middle of a sentence. */
function thisInWords({ trans, of }: Speaker): string {
  switch (of) {
    case 'kernel':
    case 'cell':
      return trans.__('this cell');
    case 'worker':
      return trans.__('this worker');
    case 'command':
      return trans.__('this command');
  }
}

function policyInWords(
  trans: Phrases,
  victims: Extract<Eviction, { kind: 'owed' }>['victims']
): string {
  switch (victims) {
    case 'mostOverQuota':
      return trans.__('most over quota');
    case 'worstRecentUse':
      return trans.__('worst recent use');
    case 'leastLostWork':
      return trans.__('least lost work');
  }
}
