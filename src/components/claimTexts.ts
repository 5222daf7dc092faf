import type { TranslationBundle } from '@jupyterlab/translation';

import { type Ask, NOTHING_ASKED } from '../../server/protocol/ask';
import type { HintDoubt } from '../../server/protocol/doubts';
import type { RefusalCode } from '../../server/protocol/catalogue';
import { sentenceOf } from '../../server/protocol/errors';
import type { ToldGrant } from '../../server/protocol/grant';
import type { Wanted } from '../../server/protocol/facts';
import type { Speaker } from '../../server/protocol/phrases';
import { waitInWords } from '../../server/protocol/sentences';
import type { Fit, Forecast, HolderView } from '../../server/protocol/view';
import type { ClaimIn } from '../arbiter/badge';
import type { Limit } from '../hints/limits';
import {
  askParts,
  countCpus,
  formatAmount,
  formatRange,
  formatSpan,
  prettyCpuList
} from '../format';

/** A resource in the middle of a sentence. */
export function resourceText(trans: TranslationBundle, resource: Wanted): string {
  switch (resource) {
    case 'cpus':
      return trans.__('CPUs');
    case 'memory':
      return trans.__('memory');
    case 'gpus':
      return trans.__('a GPU');
    case 'cells':
      return trans.__('another cell to end');
  }
}

/** A place in the queue of a resource, from 1. */
export function lineText(trans: TranslationBundle, position: number): string {
  return position === 1 ? trans.__('next in line') : trans.__('number %1 in line', position);
}

/** When a waiting claim should start: `starts in 6–9 s (by 5 past runs)`. */
export function startText(trans: TranslationBundle, { fromMs, toMs, runs }: Forecast): string {
  const range = formatRange(trans, fromMs, toMs);
  return runs === 0
    ? trans.__('starts in %1 (by the time stated)', range)
    : trans.__('starts in %1 (by %2 past runs)', range, runs);
}

/** How long a running claim should take: `usually 6–9 s`, `10 min stated`. */
export function takesText(trans: TranslationBundle, { fromMs, toMs, runs }: Forecast): string {
  return runs === 0
    ? trans.__('%1 stated', formatSpan(toMs))
    : trans.__('usually %1', formatRange(trans, fromMs, toMs));
}

/** What a grant gives: `4 CPUs (8–11) · 8 GiB`; `all CPUs` if nothing is pinned. */
export function grantText(trans: TranslationBundle, grant: ToldGrant): string {
  const cpus =
    grant.cpus === null
      ? trans.__('shared CPUs')
      : trans._n('%1 CPU (%2)', '%1 CPUs (%2)', countCpus(grant.cpus), prettyCpuList(grant.cpus));
  return withRest(trans, cpus, grant);
}

/** What defaults limit a cell to, and which ones: `4 GiB (node default)`. */
export function limitTexts(trans: TranslationBundle, limits: readonly Limit[]): string[] {
  return limits.map(({ source, hints }) => {
    const held = askParts(trans, { ...NOTHING_ASKED, ...hints }).join(', ');
    switch (source) {
      case 'notebook':
        return trans.__('%1 (notebook default)', held);
      case 'settings':
        return trans.__('%1 (your default)', held);
      case 'node':
        return trans.__('%1 (node default)', held);
    }
  });
}

/** What a run requests, its own hints first: `2 CPUs · 4 GiB (node default)`. */
export function askText(trans: TranslationBundle, ask: Ask, limits: readonly Limit[]): string {
  const inherited = limits.flatMap(({ hints }) => Object.keys(hints));
  const own = Object.fromEntries(Object.entries(ask).filter(([key]) => !inherited.includes(key)));
  const parts = askParts(trans, { ...NOTHING_ASKED, ...own });
  return [...parts, ...limitTexts(trans, limits)].join(' · ');
}

/** What a grant gives besides CPUs, appended to them. */
function withRest(
  trans: TranslationBundle,
  cpus: string,
  { memoryBytes, gpus }: ToldGrant
): string {
  const parts = [
    cpus,
    memoryBytes === null ? '' : formatAmount(memoryBytes),
    gpus.length === 0 ? '' : trans._n('%1 GPU', '%1 GPUs', gpus.length)
  ];
  return parts.filter(part => part !== '').join(' · ');
}

/** What an idle kernel keeps for its next cell (ADM9): `keeps 4 CPUs · 8 GiB for its next cell`. */
export function keptText(trans: TranslationBundle, grant: ToldGrant): string {
  const { cpus } = grant;
  const n = cpus === null ? 0 : countCpus(cpus);
  const kept = withRest(trans, n > 0 ? trans._n('%1 CPU', '%1 CPUs', n) : '', grant);
  return kept && trans.__('keeps %1 for its next cell', kept);
}

/** How an execution ended, in one or two words. */
export function outcomeText(
  { trans, of }: Pick<Speaker, 'trans' | 'of'>,
  outcome: ClaimIn<'done'>['outcome'],
  code: RefusalCode | null
): string {
  switch (code) {
    case 'MEMORY_NEAR_LIMIT':
      return trans.__('interrupted near its memory limit');
    case 'KILLED_AT_LIMIT':
      return of === 'kernel'
        ? trans.__('kernel died at its memory limit')
        : trans.__('killed at its memory limit');
    case 'KILLED_BY_NODE':
      return of === 'kernel'
        ? trans.__('kernel died: no memory left')
        : trans.__('killed: no memory left');
  }
  switch (outcome) {
    case 'ok':
      return trans.__('done');
    case 'error':
      return trans.__('error');
    case 'interrupted':
      return trans.__('interrupted');
    case 'cancelled':
      return trans.__('cancelled');
    case 'refused':
      return trans.__('refused');
    case 'died':
      return of === 'kernel' ? trans.__('kernel died') : trans.__('died');
  }
}

/** How a run would fare, before it is started. */
export function fitText(speaker: Speaker, fit: Fit): string {
  const { trans } = speaker;
  switch (fit.kind) {
    case 'now':
      return trans.__('free now');
    case 'waits':
      return trans.__('would wait now %1', waitInWords(fit.reason, speaker));
    case 'never':
      return trans.__('a run would be refused: %1', sentenceOf(fit.why, speaker));
  }
}

/** What was probably meant as a hint, but does not count as one (ADM13). */
export function doubtText(trans: TranslationBundle, { path, meant }: HintDoubt): string {
  return trans.__('"%1" is not a hint and asks for nothing. Did you mean "%2"?', path, meant);
}

/** The state of a kernel in one word. */
export function kernelStateText(trans: TranslationBundle, state: HolderView['state']): string {
  switch (state) {
    case 'idle':
      return trans.__('idle');
    case 'waiting':
      return trans.__('waiting');
    case 'running':
      return trans.__('running');
  }
}
