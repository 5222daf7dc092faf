import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ClaimView } from '../../server/protocol/view';
import { askParts, baseName, formatAmount, formatBytesBeside, formatSpan } from '../format';
import { formOf } from '../hints/form';
import type { HintSheet } from '../hints/sheet';
import { ownProblems, type Source, type Sourced } from '../hints/sources';
import { metLimit, suggestionOf } from '../hints/suggestion';
import { HintForm, type HintFormProps } from './HintForm';
import { Story, type StoryProps } from './Story';

/** What the editor of one cell's hints shows. */
export type ThisCellProps = {
  readonly trans: TranslationBundle;
  readonly storyOf: StoryProps['storyOf'];
  /** Null where no code cell is active. */
  readonly active: {
    readonly cell: HintSheet;
    readonly notebook: HintSheet;
    readonly sourced: Sourced;
    readonly readOnly: boolean;
    readonly notebookName: string;
    readonly claim: ClaimView | undefined;
  } | null;
};

/** The hints of the active cell and, folded, those of its whole notebook. */
export function ThisCell({ trans, active, storyOf }: ThisCellProps): JSX.Element {
  if (!active) {
    return (
      <p className="cg-Empty">
        {trans.__(
          'Click a code cell to say how many CPUs, how much memory or how many GPUs it needs.'
        )}
      </p>
    );
  }
  const { sourced } = active;
  const parts = askParts(trans, sourced.ask);
  return (
    <div className="cg-ThisCell">
      <p className="cg-Asks" aria-live="polite">
        {ownProblems(sourced).length
          ? trans.__('A run would be refused: a hint is malformed.')
          : parts.length
            ? trans.__('A run asks for %1.', parts.join(' · '))
            : trans.__('A run asks for nothing: it shares the node and never waits.')}
      </p>
      <Sheet trans={trans} active={active} own="cell" />
      {active.claim && <Story trans={trans} claim={active.claim} storyOf={storyOf} />}
      <details className="cg-More cg-mod-notebook">
        <summary>{trans.__('All cells of %1', baseName(active.notebookName))}</summary>
        <Sheet trans={trans} active={active} own="notebook" />
      </details>
    </div>
  );
}

function Sheet(props: {
  readonly trans: TranslationBundle;
  readonly active: NonNullable<ThisCellProps['active']>;
  readonly own: Extract<Source, 'cell' | 'notebook'>;
}): JSX.Element {
  const { trans, active, own } = props;
  const sheet = active[own];
  // A draft that is not written changes no model, so the form redraws itself.
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  return (
    <HintForm
      trans={trans}
      form={formOf(sheet, active.sourced, own)}
      readOnly={active.readOnly}
      lastRun={own === 'cell' ? lastRunOf(trans, active.claim, sheet) : null}
      onChange={(name, text) => {
        sheet.set(name, text);
        redraw();
      }}
      onRemove={path => sheet.removeStray(path)}
      onUse={suggestion => sheet.assign(suggestion)}
    />
  );
}

function lastRunOf(
  trans: TranslationBundle,
  claim: ClaimView | undefined,
  sheet: HintSheet
): HintFormProps['lastRun'] {
  const suggestion = claim ? suggestionOf(claim) : null;
  if (!suggestion || claim?.state !== 'done' || claim.grantedMs === null) {
    return null;
  }
  const ranMs = claim.endedMs - claim.grantedMs;
  const proposed = sheet.asks(suggestion) ? null : suggestion;
  if (metLimit(claim)) {
    const limit = formatAmount(claim.ask.memoryBytes ?? 0);
    return { text: trans.__('The last run needed more than %1.', limit), suggestion: proposed };
  }
  const used = [
    claim.cpuSeconds === null
      ? ''
      : trans.__('%1 CPUs', ((claim.cpuSeconds * 1000) / ranMs).toFixed(1)),
    claim.memoryPeakBytes === null
      ? ''
      : formatBytesBeside(claim.memoryPeakBytes, claim.ask.memoryBytes),
    formatSpan(ranMs)
  ];
  return {
    text: trans.__('The last run used %1.', used.filter(part => part !== '').join(', ')),
    suggestion: proposed
  };
}
