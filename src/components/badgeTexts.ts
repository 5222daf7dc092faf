import type { TranslationBundle } from '@jupyterlab/translation';

import { sentenceOf } from '../../server/protocol/errors';
import type { Reason } from '../../server/protocol/facts';
import type { ToldGrant } from '../../server/protocol/grant';
import type { Speaker } from '../../server/protocol/phrases';
import { waitInWords } from '../../server/protocol/sentences';
import { notEnforcedSentence } from '../../server/protocol/stories';
import type { Badge, ClaimIn } from '../arbiter/badge';
import { speakerOf } from '../arbiter/speaker';
import { askParts, formatBytesBeside, formatSpan } from '../format';
import {
  askText,
  fitText,
  grantText,
  limitTexts,
  lineText,
  outcomeText,
  resourceText,
  startText,
  takesText
} from './claimTexts';
import type { GlyphName } from './Glyph';

/** A badge in words, for both of its drawings. */
export type BadgeTexts = {
  readonly tone: 'quiet' | 'wait' | 'run' | 'done' | 'error';
  readonly glyph: GlyphName;
  /** The state, with the most important fact. */
  readonly state: string;
  /** The state alone, if there is little room. */
  readonly short: string;
  /** When the clock started, in ms since the epoch; null for no clock. */
  readonly sinceMs: number | null;
  /** The figures and the reasons, most important first. */
  readonly details: readonly string[];
};

type Of<K extends Badge['kind']> = Extract<Badge, { readonly kind: K }>;

/** The words of a badge; `paths` are those of this server's notebooks. */
export function badgeTexts(
  trans: TranslationBundle,
  badge: Badge,
  paths: ReadonlyMap<string, string>
): BadgeTexts {
  // A cell that has not run yet would run in its kernel.
  const of = 'claim' in badge ? badge.claim.holderKind : 'kernel';
  const speaker = speakerOf(trans, paths, of);
  switch (badge.kind) {
    case 'malformed':
      return malformed(trans, badge);
    case 'asks':
      return asks(trans, badge, speaker);
    case 'waiting':
      return waiting(trans, badge.claim, speaker);
    case 'behind':
      return behind(trans, badge);
    case 'running':
      return running(trans, badge, speaker);
    case 'lost':
      return lost(trans, badge);
    case 'done':
      return done(trans, badge, speaker);
  }
}

function malformed(trans: TranslationBundle, { problems }: Of<'malformed'>): BadgeTexts {
  const state = trans.__('malformed hint');
  return {
    tone: 'error',
    glyph: 'warn',
    state,
    short: state,
    sinceMs: null,
    details: problems.map(({ path, got, expected }) =>
      trans.__('"%1" is %2; expected %3. A run would be refused.', path, got, expected)
    )
  };
}

function asks(
  trans: TranslationBundle,
  { ask, limits, fit }: Of<'asks'>,
  speaker: Speaker
): BadgeTexts {
  const state = askText(trans, ask, limits) || trans.__('hints');
  return {
    tone: fit?.kind === 'never' ? 'error' : 'quiet',
    glyph: 'ask',
    state,
    short: state,
    sinceMs: null,
    details: fit ? [fitText(speaker, fit)] : []
  };
}

function waiting(
  trans: TranslationBundle,
  claim: ClaimIn<'waiting'>,
  speaker: Speaker
): BadgeTexts {
  const { reason, position, startsIn } = claim;
  const short = waitText(trans, reason);
  return {
    tone: 'wait',
    glyph: 'wait',
    state: `${short} · ${lineText(trans, position)}`,
    short,
    sinceMs: claim.arrivedMs,
    details: [
      waitInWords(reason, speaker),
      ...(startsIn === null ? [] : [startText(trans, startsIn)])
    ]
  };
}

function waitText(trans: TranslationBundle, reason: Reason): string {
  return reason.kind === 'drained'
    ? trans.__('waiting: the node is being drained')
    : trans.__('waiting for %1', resourceText(trans, reason.resource));
}

function behind(trans: TranslationBundle, { first }: Of<'behind'>): BadgeTexts {
  const label = first.label ?? trans.__('another cell');
  const state = trans.__('behind %1', label);
  const why =
    first.state === 'waiting' ? behindText(trans, label, first.reason) : trans.__('%1 runs', label);
  return { tone: 'quiet', glyph: 'behind', state, short: state, sinceMs: null, details: [why] };
}

function behindText(trans: TranslationBundle, label: string, reason: Reason): string {
  return reason.kind === 'drained'
    ? trans.__('%1 waits: the node is being drained', label)
    : trans.__('%1 waits for %2', label, resourceText(trans, reason.resource));
}

function running(
  trans: TranslationBundle,
  { claim, limits }: Of<'running'>,
  speaker: Speaker
): BadgeTexts {
  const { notEnforced } = claim;
  const held = limitTexts(trans, limits);
  const short = notEnforced === null ? trans.__('running') : trans.__('running, not enforced');
  return {
    tone: notEnforced === null ? 'run' : 'error',
    glyph: 'run',
    state: `${short} · ${grantText(trans, claim.grant)}`,
    short: [short, ...held].join(' · '),
    sinceMs: claim.grantedMs,
    details: [
      ...held,
      ...(notEnforced === null ? [] : [notEnforcedSentence(notEnforced, speaker)]),
      ...(claim.cpusBusy === null ? [] : [trans.__('%1 CPUs busy', claim.cpusBusy.toFixed(1))]),
      ...(claim.memoryBytes === null
        ? []
        : [
            trans.__('%1 in memory', formatBytesBeside(claim.memoryBytes, claim.grant.memoryBytes))
          ]),
      ...(claim.takes === null ? [] : [takesText(trans, claim.takes)])
    ]
  };
}

/** No clock runs while the state of the claim is unknown. */
function lost(trans: TranslationBundle, { last, message }: Of<'lost'>): BadgeTexts {
  const state = trans.__('the server does not answer');
  const known =
    last.state === 'waiting'
      ? trans.__('when last heard of, %1 waited', last.label ?? trans.__('this cell'))
      : trans.__('when last heard of, %1 ran', last.label ?? trans.__('this cell'));
  return {
    tone: 'error',
    glyph: 'warn',
    state,
    short: state,
    sinceMs: null,
    details: [known, message]
  };
}

/** Figures of shorter waits and runs are not shown, in ms. */
const WAIT_MIN_MS = 50;
const RUN_MIN_MS = 200;
/** Memory is measured once a second: a shorter run may have held far more than measured, in ms. */
const PEAK_MIN_MS = 1000;

function done(
  trans: TranslationBundle,
  { claim, limits, next }: Of<'done'>,
  speaker: Speaker
): BadgeTexts {
  const { ask, grant, outcome, grantedMs, endedMs, cpuSeconds, memoryPeakBytes, why } = claim;
  const ok = outcome === 'ok';
  const ranMs = grantedMs === null ? 0 : endedMs - grantedMs;
  const waitedMs = (grantedMs ?? endedMs) - claim.arrivedMs;
  const word = outcomeText(speaker, outcome, why?.code ?? null);
  const asked = askText(trans, ask, limits);
  const ran = grantedMs === null ? [] : [formatSpan(ranMs)];
  return {
    tone: ok ? 'done' : 'error',
    glyph: ok ? 'done' : 'fail',
    state: [word, ...ran].join(' · '),
    short: [ok && ran[0] ? ran[0] : word, ...limitTexts(trans, limits)].join(' · '),
    sinceMs: null,
    details: [
      // The kernel itself reports a refusal in the cell's output.
      ...(why === null || outcome === 'refused' ? [] : [sentenceOf(why, speaker)]),
      ...(asked ? [trans.__('asked for %1', asked)] : []),
      ...(grant && hasAny(grant) ? [trans.__('got %1', grantText(trans, grant))] : []),
      ...(waitedMs < WAIT_MIN_MS ? [] : [trans.__('waited %1', formatSpan(waitedMs))]),
      ...(cpuSeconds === null || ranMs < RUN_MIN_MS
        ? []
        : [trans.__('%1 CPUs used', ((cpuSeconds * 1000) / ranMs).toFixed(1))]),
      ...(memoryPeakBytes === null || (ok && ranMs < PEAK_MIN_MS)
        ? []
        : [trans.__('peak %1', formatBytesBeside(memoryPeakBytes, claim.ask.memoryBytes))]),
      ...(next ? [nextText(trans, next, speaker)] : [])
    ]
  };
}

/** Whether a grant gives more than what everybody may use. */
function hasAny({ cpus, memoryBytes, gpus }: ToldGrant): boolean {
  return cpus !== null || memoryBytes !== null || gpus.length > 0;
}

function nextText(
  trans: TranslationBundle,
  { ask, fit }: NonNullable<Of<'done'>['next']>,
  speaker: Speaker
): string {
  const asks = askParts(trans, ask).join(' · ') || trans.__('other hints');
  return fit
    ? trans.__('the next run asks for %1: %2', asks, fitText(speaker, fit))
    : trans.__('the next run asks for %1', asks);
}
