import type { TranslationBundle } from '@jupyterlab/translation';

import type { LastRun, Predicted, Usual } from '../../server/protocol/prediction';
import { basisInWords } from '../../server/protocol/things';
import { formatBytesBeside, formatNumber, formatSpan } from '../format';
import type { RunThrough } from '../hints/runThrough';
import { outcomeText, takesText } from './claimTexts';

/**
 * What a cell used last, and what is expected of it, a sentence each: `Last time: 2.1 GiB, 1.8 CPUs, 40 s.`
 *
 * #### Notes
 * Memory is in the unit of the hint beside which it is read, if there is one.
 */
export function usualTexts(
  trans: TranslationBundle,
  { last, predicted, takes }: Usual,
  written: number | null
): string[] {
  const expected = [
    amountText(trans, predicted?.memoryBytes, bytes => formatBytesBeside(bytes, written)),
    amountText(trans, predicted?.cpus, cpus => cpusText(trans, cpus)),
    amountText(trans, predicted?.gpuMemoryBytes, bytes => vramText(trans, bytes))
  ].filter(text => text !== null);
  const times = takes === null ? [] : [takesText(trans, takes)];
  const parts = [...oneBasis(expected), ...times];
  return [
    ...(last ? [lastText(trans, last, written)] : []),
    ...(parts.length ? [trans.__('Expected: %1.', parts.join('; '))] : [])
  ];
}

function lastText(trans: TranslationBundle, last: LastRun, written: number | null): string {
  const { memoryPeakBytes, cpusPeak, gpuMemoryPeakBytes, tookMs, outcome } = last;
  const used = [
    memoryPeakBytes === null ? '' : formatBytesBeside(memoryPeakBytes, written),
    cpusPeak === null ? '' : cpusText(trans, cpusPeak),
    gpuMemoryPeakBytes ? vramText(trans, gpuMemoryPeakBytes) : '',
    formatSpan(tookMs)
  ];
  const amounts = used.filter(part => part !== '').join(', ');
  return outcome === 'ok'
    ? trans.__('Last time: %1.', amounts)
    : trans.__('Last time (%1): %2.', outcomeText({ trans, of: 'kernel' }, outcome, null), amounts);
}

type Expected = { readonly amount: string; readonly basis: string };

function amountText(
  trans: TranslationBundle,
  predicted: Predicted | null | undefined,
  inWords: (amount: number) => string
): Expected | null {
  return predicted
    ? { amount: inWords(predicted.amount), basis: basisInWords(trans, predicted) }
    : null;
}

/** Amounts that are made from the same runs name these once. */
function oneBasis(expected: readonly Expected[]): string[] {
  return [...new Set(expected.map(it => it.basis))].map(basis => {
    const amounts = expected.filter(it => it.basis === basis).map(it => it.amount);
    return `${amounts.join(', ')} (${basis})`;
  });
}

function cpusText(trans: TranslationBundle, cpus: number): string {
  const n = formatNumber(cpus);
  return n === '1' ? trans.__('1 CPU') : trans.__('%1 CPUs', n);
}

function vramText(trans: TranslationBundle, bytes: number): string {
  return trans.__('%1 VRAM', formatBytesBeside(bytes, null));
}

/** What the last run through a notebook cost: `Last 12 cells in a row: waited 40 s, ran 3 min, …`. */
export function runThroughText(trans: TranslationBundle, its: RunThrough): string {
  const { cells, waitedMs, ranMs, cpuSeconds, memoryPeakBytes } = its;
  const parts = [
    trans.__('waited %1', formatSpan(waitedMs)),
    trans.__('ran %1', formatSpan(ranMs)),
    cpuSeconds === null ? '' : trans.__('used %1 of CPU time', formatSpan(cpuSeconds * 1000)),
    memoryPeakBytes === null ? '' : trans.__('at most %1', formatBytesBeside(memoryPeakBytes, null))
  ];
  return trans.__('Last %1 cells in a row: %2.', cells, parts.filter(it => it !== '').join(', '));
}
