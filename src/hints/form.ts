import type { TranslationBundle } from '@jupyterlab/translation';

import type { Ask } from '../../server/protocol/ask';
import { type HintName, type HintProblem } from '../../server/protocol/hints';
import { formatAmount, formatSpan } from '../format';
import type { HintSheet, SheetField } from './sheet';
import { type Source, type Sourced, sourceOf, SOURCES } from './sources';

/** What another source says about a field that this one leaves empty. */
export type Inherited = { readonly source: Source; readonly text: string };

/** One field with what holds while it is empty. */
export type FormField = SheetField & { readonly inherited: Inherited | null };

/** Everything that the form shows. */
export type HintFormModel = {
  readonly fields: readonly FormField[];
  /** Entries of the metadata that are no hints, removable. */
  readonly strays: readonly HintProblem[];
  /** Malformed tags and directives: mended where they were written. */
  readonly elsewhere: readonly HintProblem[];
};

/**
 * The form of one sheet.
 *
 * @param own - The source that the sheet edits; weaker ones are inherited.
 */
export function formOf(sheet: HintSheet, sourced: Sourced, own: Source): HintFormModel {
  const weaker = SOURCES.slice(SOURCES.indexOf(own) + 1);
  const fields = sheet.fields.map(field => ({
    ...field,
    inherited: inheritedOf(sourced, field.name, weaker)
  }));
  const elsewhere = weaker.flatMap(source => sourced.parsed[source].problems);
  return { fields, strays: sheet.strays, elsewhere };
}

function inheritedOf(
  sourced: Sourced,
  name: HintName,
  sources: readonly Source[]
): Inherited | null {
  const source = sourceOf(sourced, name, sources);
  return source && { source, text: askText(name, sourced.parsed[source].hints) };
}

/** One hint of an ask, as a person would write it. */
export function askText(name: HintName, ask: Partial<Ask>): string {
  const span = (ms: number | null | undefined): string => (ms ? formatSpan(ms) : '');
  const bytes = (n: number | null | undefined): string => (n ? formatAmount(n) : '');
  switch (name) {
    case 'cpus':
      return cpusText(ask.cpus);
    case 'memory':
      return bytes(ask.memoryBytes);
    case 'gpuMemory':
      return bytes(ask.gpuMemoryBytes);
    case 'time':
      return span(ask.timeMs);
    case 'maxWait':
      return span(ask.maxWaitMs);
    default:
      return String(ask[name] ?? '');
  }
}

function cpusText(cpus: Ask['cpus'] | undefined): string {
  switch (cpus?.kind) {
    case 'fixed':
      return String(cpus.n);
    case 'range':
      return `${cpus.min}-${cpus.max}`;
    case 'auto':
      return 'auto';
    default:
      return '';
  }
}

/** The label of each field. */
export function hintLabels(trans: TranslationBundle): Readonly<Record<HintName, string>> {
  return {
    cpus: trans.__('CPUs'),
    memory: trans.__('Memory'),
    gpus: trans.__('GPUs'),
    gpuMemory: trans.__('GPU memory'),
    gpuModel: trans.__('GPU model'),
    exclusive: trans.__('Exclusive CPUs'),
    time: trans.__('Time'),
    priority: trans.__('Priority'),
    maxWait: trans.__('Wait at most'),
    hold: trans.__('Hold after the cell')
  };
}

/** What each field means, for the hover text. */
export function hintCaptions(trans: TranslationBundle): Readonly<Record<HintName, string>> {
  return {
    cpus: trans.__(
      '4 pins four CPUs; 2-8 waits for two and takes up to eight; auto, or nothing, shares'
    ),
    memory: trans.__('The most that the kernel keeps while the cell runs, such as 8 GiB'),
    gpus: trans.__('How many GPUs; the first one that a kernel gets stays its own'),
    gpuMemory: trans.__('Memory of each GPU, such as 24 GiB; lets cells share a GPU'),
    gpuModel: trans.__('A part of the model name, such as H100'),
    exclusive: trans.__('Nobody else runs on these CPUs meanwhile; may wait'),
    time: trans.__('How long it probably runs, such as 10 min; used to plan the queue'),
    priority: trans.__('-100 to 100; higher goes first'),
    maxWait: trans.__('Fail rather than wait longer than this, such as 30 min'),
    hold: trans.__('Keep the grant for the next cells, until released or idle too long')
  };
}
