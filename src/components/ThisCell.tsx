import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Usual } from '../../server/protocol/prediction';
import type { ClaimView, Fit } from '../../server/protocol/view';
import { speakerOf } from '../arbiter/speaker';
import { askParts, baseName, formatAmount } from '../format';
import { formOf } from '../hints/form';
import type { HintSheet } from '../hints/sheet';
import type { RunThrough } from '../hints/runThrough';
import { ownProblems, type Source, type Sourced } from '../hints/sources';
import { metLimit, suggestionOf } from '../hints/suggestion';
import { fitText } from './claimTexts';
import { HintForm, type HintFormProps } from './HintForm';
import { Story, type StoryProps } from './Story';
import { runThroughText, usualTexts } from './usualTexts';

/** What the editor of one cell's hints shows. */
export type ThisCellProps = {
  readonly trans: TranslationBundle;
  readonly storyOf: StoryProps['storyOf'];
  readonly paths: StoryProps['paths'];
  /** Return to the cell. */
  readonly onLeave: () => void;
  /** Null if no code cell is active. */
  readonly active: {
    readonly cell: HintSheet;
    readonly notebook: HintSheet;
    readonly sourced: Sourced;
    readonly others: readonly Sourced[];
    readonly hasGpus: boolean;
    readonly readOnly: boolean;
    readonly notebookName: string;
    readonly claim: ClaimView | undefined;
    readonly fit: Fit | null;
    readonly usual: Usual | null;
    readonly runThrough: RunThrough | null;
  } | null;
};

/** The hints of the active cell and, folded, those of its whole notebook. */
export function ThisCell(props: ThisCellProps): JSX.Element {
  const { trans, active, storyOf, paths, onLeave } = props;
  if (!active) {
    return (
      <p className="cg-Empty">
        {trans.__(
          'Click a code cell to say how many CPUs, how much memory or how many GPUs it needs.'
        )}
      </p>
    );
  }
  const fit = fitLine(props, active);
  return (
    <div className="cg-ThisCell">
      <p className="cg-Asks" aria-live="polite">
        {asksText(trans, active)}
      </p>
      {fit && <p className="cg-Fit cg-Small">{fit}</p>}
      <Sheet trans={trans} active={active} own="cell" onLeave={onLeave} />
      {active.claim && <Story trans={trans} claim={active.claim} paths={paths} storyOf={storyOf} />}
      {active.runThrough && (
        <p className="cg-RunThrough cg-Small">{runThroughText(trans, active.runThrough)}</p>
      )}
      <details className="cg-More cg-mod-notebook">
        <summary>{trans.__('All cells of %1', baseName(active.notebookName))}</summary>
        <Sheet trans={trans} active={active} own="notebook" onLeave={onLeave} />
      </details>
    </div>
  );
}

type Active = NonNullable<ThisCellProps['active']>;

/** What a run would request. */
function asksText(trans: TranslationBundle, { sourced, others }: Active): string {
  const all = [sourced, ...others];
  if (all.some(it => ownProblems(it).length)) {
    return trans.__('A run would be refused: a hint is malformed.');
  }
  const [parts = '', ...rest] = all.map(it => askParts(trans, it.ask).join(' · '));
  if (rest.length) {
    const n = String(all.length);
    return rest.some(it => it !== parts)
      ? trans.__('%1 cells are selected, and ask for different things.', n)
      : parts
        ? trans.__('%1 cells are selected, and each asks for %2.', n, parts)
        : trans.__('%1 cells are selected, and ask for nothing.', n);
  }
  return parts
    ? trans.__('A run asks for %1.', parts)
    : trans.__('A run asks for nothing: it shares the node and never waits.');
}

function Sheet(props: {
  readonly trans: TranslationBundle;
  readonly active: Active;
  readonly onLeave: () => void;
  readonly own: Extract<Source, 'cell' | 'notebook'>;
}): JSX.Element {
  const { trans, active, own, onLeave } = props;
  const sheet = active[own];
  // An unwritten draft changes no model, so the form redraws itself.
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  return (
    <HintForm
      trans={trans}
      form={formOf(sheet, [active.sourced, ...active.others], own)}
      readOnly={active.readOnly}
      hasGpus={active.hasGpus}
      lastRun={own === 'cell' ? lastRunOf(trans, active, sheet) : null}
      onChange={(name, text) => {
        sheet.set(name, text);
        redraw();
      }}
      onSettle={() => sheet.settle()}
      onUndo={(name, isRedo) => {
        const found = isRedo ? sheet.redo(name) : sheet.undo(name);
        redraw();
        return found;
      }}
      onLeave={onLeave}
      onRemove={path => sheet.removeStray(path)}
      onUse={suggestion => sheet.assign(suggestion)}
    />
  );
}

/** How the cell would fare if it ran now; nothing while it waits or runs, and where it can only start. */
function fitLine(props: ThisCellProps, { fit, sourced, claim }: Active): string | null {
  const isActive = claim !== undefined && claim.state !== 'done';
  const isPlain = fit?.kind === 'now' && askParts(props.trans, sourced.ask).length === 0;
  return fit && !isActive && !isPlain && ownProblems(sourced).length === 0
    ? fitText(speakerOf(props.trans, props.paths, 'kernel'), fit)
    : null;
}

/** What the cell used last and should use, with the hints that follow from it. */
function lastRunOf(
  trans: TranslationBundle,
  { claim, usual, sourced }: Active,
  sheet: HintSheet
): HintFormProps['lastRun'] {
  const suggestion = suggestionOf(claim, usual);
  const texts = usual ? usualTexts(trans, usual, sourced.ask.memoryBytes) : [];
  if (claim && metLimit(claim)) {
    const limit = formatAmount(claim.ask.memoryBytes ?? 0);
    texts.unshift(trans.__('The last run needed more than %1.', limit));
  }
  const proposed = suggestion === null || sheet.asks(suggestion) ? null : suggestion;
  return texts.length || proposed ? { text: texts.join(' '), suggestion: proposed } : null;
}
