import type { TranslationBundle } from '@jupyterlab/translation';

import { grantText, outcomeText } from '../components/claimTexts';
import { askParts, baseName, formatBytes, formatNumber, formatSpan } from '../format';
import type { Mark } from './marks';
import type { Span } from './spans';

/** `events.ipynb ▸ [5]`. */
export function nameOfSpan({ holderName, label }: Span): string {
  return [baseName(holderName), label].filter(Boolean).join(' ▸ ');
}

/** How long it waited, in words; empty for a wait that nobody noticed. */
function waitText(trans: TranslationBundle, span: Span, nowMs: number): string {
  const waitMs = (span.grantedMs ?? span.endedMs ?? nowMs) - span.arrivedMs;
  if (span.outcome === null && span.grantedMs === null) {
    return trans.__('has waited %1', formatSpan(waitMs));
  }
  return waitMs < 100 ? '' : trans.__('waited %1', formatSpan(waitMs));
}

function runText(trans: TranslationBundle, span: Span, nowMs: number): string {
  if (span.grantedMs === null) {
    return span.outcome === null ? '' : trans.__('never ran');
  }
  const runMs = (span.endedMs ?? nowMs) - span.grantedMs;
  return span.outcome === null
    ? trans.__('has run %1', formatSpan(runMs))
    : trans.__('ran %1', formatSpan(runMs));
}

/** What it used: `1.8 CPUs, 2.1 GiB`; empty where nothing was measured. */
export function usedText(trans: TranslationBundle, span: Span): string {
  const { grantedMs, endedMs, cpuSeconds, memoryPeakBytes } = span;
  const runS = grantedMs === null || endedMs === null ? 0 : (endedMs - grantedMs) / 1000;
  return [
    cpuSeconds === null || runS <= 0 ? '' : trans.__('%1 CPUs', formatNumber(cpuSeconds / runS)),
    memoryPeakBytes === null ? '' : formatBytes(memoryPeakBytes)
  ]
    .filter(Boolean)
    .join(', ');
}

/** How an execution ended, or `waiting` or `running`. */
export function endText(trans: TranslationBundle, span: Span): string {
  if (span.outcome === null) {
    return span.grantedMs === null ? trans.__('waiting') : trans.__('running');
  }
  return outcomeText({ trans, of: span.holderKind }, span.outcome, null);
}

/** `waited 12 s, ran 40 s`. */
export function courseText(trans: TranslationBundle, span: Span, nowMs: number): string {
  return [waitText(trans, span, nowMs), runText(trans, span, nowMs)].filter(Boolean).join(', ');
}

/** The story of one execution, a line each. */
function storyLines(trans: TranslationBundle, span: Span, nowMs: number): readonly string[] {
  const asked = askParts(trans, span.ask).join(' · ');
  const used = usedText(trans, span);
  return [
    `${endText(trans, span)}: ${courseText(trans, span, nowMs)}`,
    new Date(span.arrivedMs).toLocaleString(),
    asked ? trans.__('asked for %1', asked) : '',
    span.grant ? trans.__('got %1', grantText(trans, span.grant)) : '',
    used ? trans.__('used %1', used) : ''
  ].filter(Boolean);
}

/** What is said about a mark: its title, and lines. */
export function markWords(
  trans: TranslationBundle,
  { spans, startMs, endMs, look }: Mark,
  nowMs: number
): { readonly title: string; readonly lines: readonly string[] } {
  const [first] = spans;
  if (first && spans.length === 1) {
    const whose = first.owner
      ? trans.__('%1, of %2', nameOfSpan(first), first.owner)
      : nameOfSpan(first);
    return { title: whose, lines: storyLines(trans, first, nowMs) };
  }
  const failed = spans.filter(({ outcome }) => outcome !== 'ok' && outcome !== null).length;
  return {
    title: trans.__('%1 executions in %2', spans.length, formatSpan(endMs - startMs)),
    lines: [
      new Date(startMs).toLocaleString(),
      look === 'failed' ? trans._n('%1 of them failed', '%1 of them failed', failed) : '',
      trans.__('zoom in to tell them apart')
    ].filter(Boolean)
  };
}
