import type { TranslationBundle } from '@jupyterlab/translation';

import type { Ask } from '../../server/protocol/ask';
import type { HintDoubt } from '../../server/protocol/doubts';
import { type HintName, type HintProblem, isHintName } from '../../server/protocol/hints';
import { formatAmount, formatSpan } from '../format';
import type { HintSheet, SheetField } from './sheet';
import { type Source, type Sourced, sourceOf, SOURCES } from './sources';

/** What another source sets for a field that is empty here. */
type Inherited = { readonly source: Source; readonly text: string };

/** A problem of a hint that the form cannot fix. */
export type Elsewhere = HintProblem & { readonly source: Source };

/** One field with what applies while it is empty. */
export type FormField = SheetField & {
  readonly inherited: Inherited | null;
  /** A malformed value of this field from another source. */
  readonly elsewhere: Elsewhere | null;
};

/** Everything that the form shows. */
export type HintFormModel = {
  readonly fields: readonly FormField[];
  /** Entries of the metadata that are not hints, removable. */
  readonly strays: readonly HintProblem[];
  /** Problems elsewhere that belong to no field. */
  readonly elsewhere: readonly Elsewhere[];
  /** What was probably meant as a hint in tags and directives (ADM13). */
  readonly doubts: readonly HintDoubt[];
};

/**
 * The form of one sheet.
 *
 * @param sourced - What each cell of the sheet says.
 * @param own - The source that the sheet edits; weaker ones are inherited.
 */
export function formOf(
  sheet: HintSheet,
  sourced: Sourced | readonly Sourced[],
  own: Source
): HintFormModel {
  const cells = Array.isArray(sourced) ? (sourced as readonly Sourced[]) : [sourced as Sourced];
  const weaker = SOURCES.slice(SOURCES.indexOf(own) + 1);
  const elsewhere = cells.flatMap(cell =>
    weaker.flatMap(source => cell.parsed[source].problems.map(it => ({ ...it, source })))
  );
  const fields = sheet.fields.map(field => ({
    ...field,
    inherited: sameOf(cells.map(cell => inheritedOf(cell, field.name, weaker))),
    elsewhere: elsewhere.find(problem => problem.path === field.name) ?? null
  }));
  const doubts = own === 'cell' ? cells.flatMap(cell => cell.doubts) : [];
  const rest = elsewhere.filter(problem => !isHintName(problem.path));
  return { fields, strays: sheet.strays, elsewhere: rest, doubts };
}

/** What all cells inherit; null if they differ. */
function sameOf(all: readonly (Inherited | null)[]): Inherited | null {
  const [first = null, ...others] = all;
  return others.every(it => JSON.stringify(it) === JSON.stringify(first)) ? first : null;
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
function askText(name: HintName, ask: Partial<Ask>): string {
  const span = (ms: number | null | undefined): string => (ms ? formatSpan(ms) : '');
  const bytes = (n: number | null | undefined): string => (n ? formatAmount(n) : '');
  switch (name) {
    case 'cpus':
      return cpusText(ask.cpus);
    case 'memory':
      return ask.memoryAuto ? 'auto' : bytes(ask.memoryBytes);
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
    memory: trans.__(
      'The most that the kernel may hold while the cell runs, such as 8 GiB; auto waits for what past runs needed'
    ),
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
