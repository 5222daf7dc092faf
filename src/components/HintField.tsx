import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { FormField } from '../hints/form';
import type { Source } from '../hints/sources';

type HintFieldProps = {
  readonly trans: TranslationBundle;
  readonly field: FormField;
  readonly label: string;
  readonly caption: string;
  readonly yesNo: boolean;
  readonly readOnly: boolean;
  readonly onChange: (text: string) => void;
};

/** One hint: its label, its input, where else it is written, what is wrong with it. */
export function HintField(props: HintFieldProps): JSX.Element {
  const { trans, field, label, caption, readOnly } = props;
  const id = React.useId();
  const input = {
    id: `${id}-input`,
    disabled: readOnly,
    title: caption,
    'data-hint': field.name,
    'aria-invalid': field.problem !== null,
    'aria-describedby': `${id}-note`
  };
  return (
    <div className="cg-Field">
      <label htmlFor={input.id} title={caption}>
        {label}
      </label>
      {props.yesNo ? (
        <YesNo {...props} input={input} />
      ) : (
        <input
          {...input}
          type="text"
          className="cg-Input"
          autoComplete="off"
          spellCheck={false}
          value={field.text}
          placeholder={field.inherited?.text ?? ''}
          onChange={event => props.onChange(event.target.value)}
        />
      )}
      <div id={`${id}-note`} className="cg-Field-note" aria-live="polite">
        {field.problem ? (
          <span className="cg-Field-problem">{problemText(trans, field)}</span>
        ) : field.text === '' && field.inherited ? (
          <span className="cg-Small">{sourceText(trans, field.inherited.source)}</span>
        ) : null}
      </div>
    </div>
  );
}

/**
 * A checkbox.
 *
 * #### Notes
 * Unchecking removes the hint, or writes `false` where another source says yes.
 */
function YesNo({
  field,
  onChange,
  input
}: HintFieldProps & { readonly input: React.ComponentProps<'input'> }): JSX.Element {
  const inherited = field.inherited?.text === 'true';
  const checked = field.text === '' ? inherited : field.text === 'true';
  return (
    <input
      {...input}
      type="checkbox"
      checked={checked}
      onChange={event => onChange(event.target.checked ? 'true' : inherited ? 'false' : '')}
    />
  );
}

/** What is wrong, and what a run would do meanwhile. */
function problemText(trans: TranslationBundle, field: FormField): string {
  const expected = field.problem?.expected ?? '';
  if (field.text === field.written) {
    return trans.__('Expected %1. A run would be refused.', expected);
  }
  return field.written === ''
    ? trans.__('Expected %1. Not saved: a run asks for nothing here.', expected)
    : trans.__('Expected %1. Not saved: a run still asks for %2.', expected, field.written);
}

function sourceText(trans: TranslationBundle, source: Source): string {
  switch (source) {
    case 'cell':
      return trans.__('from the cell');
    case 'tag':
      return trans.__('from tag');
    case 'directive':
      return trans.__('from the #| line');
    case 'notebook':
      return trans.__('from the notebook');
    case 'settings':
      return trans.__('from your settings');
    case 'node':
      return trans.__('from this node');
  }
}
