import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { HintName } from '../../server/protocol/hints';
import { type FormField, type HintFormModel, hintCaptions, hintLabels } from '../hints/form';
import type { Suggestion } from '../hints/suggestion';
import { YES_NO_HINTS } from '../hints/text';
import { doubtText } from './claimTexts';
import { elsewhereText, HintField } from './HintField';
import { MoreHints } from './MoreHints';

/** The content of the form, and its callbacks. */
export type HintFormProps = {
  readonly trans: TranslationBundle;
  readonly form: HintFormModel;
  readonly readOnly: boolean;
  /** False if the node has no GPUs: empty fields about them are left out. */
  readonly hasGpus: boolean;
  /** What the last run used, and the suggested hints that are not set yet. */
  readonly lastRun: { readonly text: string; readonly suggestion: Suggestion | null } | null;
  readonly onChange: (name: HintName, text: string) => void;
  readonly onSettle: () => void;
  readonly onUndo: (name: HintName, isRedo: boolean) => boolean;
  /** Return to the cell. */
  readonly onLeave: () => void;
  readonly onRemove: (path: string) => void;
  readonly onUse: (suggestion: Suggestion) => void;
};

/** These are always visible; the others unfold. */
const FIRST: ReadonlySet<HintName> = new Set(['cpus', 'memory', 'gpus', 'gpuMemory']);

const GPU_HINTS: ReadonlySet<HintName> = new Set(['gpus', 'gpuMemory', 'gpuModel']);

function saysSomething({ text, inherited, isMixed, elsewhere }: FormField): boolean {
  return text !== '' || inherited !== null || isMixed || elsewhere !== null;
}

/** The editor of a set of hints, validated while a person types (ADM4). */
export function HintForm(props: HintFormProps): JSX.Element {
  const { trans, form, readOnly } = props;
  const labels = hintLabels(trans);
  const captions = hintCaptions(trans);
  const row = (field: HintFormModel['fields'][number]): JSX.Element => (
    <HintField
      key={field.name}
      trans={trans}
      field={field}
      label={labels[field.name]}
      caption={captions[field.name]}
      yesNo={YES_NO_HINTS.has(field.name)}
      readOnly={readOnly}
      onChange={text => props.onChange(field.name, text)}
      onSettle={props.onSettle}
      onUndo={isRedo => props.onUndo(field.name, isRedo)}
    />
  );
  const fields = form.fields.filter(
    field => props.hasGpus || !GPU_HINTS.has(field.name) || saysSomething(field)
  );
  const more = fields.filter(field => !FIRST.has(field.name));
  return (
    <div
      className="cg-HintForm"
      onKeyDown={event => {
        if (event.key === 'Escape' && !event.defaultPrevented) {
          event.preventDefault();
          props.onLeave();
        }
      }}
    >
      {readOnly && <p className="cg-Small">{trans.__('This notebook is read-only.')}</p>}
      {fields.filter(field => FIRST.has(field.name)).map(row)}
      <MoreHints trans={trans} used={more.some(saysSomething)}>
        {more.map(row)}
      </MoreHints>
      <Strays {...props} />
      <LastRun {...props} />
    </div>
  );
}

function Strays({ trans, form, readOnly, onRemove }: HintFormProps): JSX.Element | null {
  if (form.strays.length + form.elsewhere.length + form.doubts.length === 0) {
    return null;
  }
  return (
    <ul className="cg-Strays">
      {form.strays.map(({ path, got, expected }) => (
        <li key={path} data-tone="error">
          <span>{trans.__('"%1" is %2; expected %3.', path, got, expected)}</span>
          <button className="cg-Button" disabled={readOnly} onClick={() => onRemove(path)}>
            {trans.__('Remove')}
          </button>
        </li>
      ))}
      {form.elsewhere.map(problem => (
        <li key={`${problem.source} ${problem.path}`} data-tone="error">
          {elsewhereText(trans, problem)}
        </li>
      ))}
      {form.doubts.map((doubt, i) => (
        <li key={`${doubt.path} ${i}`} data-tone="doubt">
          {doubtText(trans, doubt)}
        </li>
      ))}
    </ul>
  );
}

function LastRun({ trans, lastRun, readOnly, onUse }: HintFormProps): JSX.Element | null {
  if (!lastRun) {
    return null;
  }
  const { text, suggestion } = lastRun;
  const hints = Object.entries(suggestion ?? {}).map(([name, value]) => `${name} ${value}`);
  return (
    <p className="cg-LastRun">
      {text}{' '}
      {suggestion && (
        <button
          className="cg-Link"
          disabled={readOnly}
          onClick={() => onUse(suggestion)}
          title={trans.__('Write these hints into the cell: what it used, with some headroom')}
        >
          {trans.__('Use %1', hints.join(', '))}
        </button>
      )}
    </p>
  );
}
