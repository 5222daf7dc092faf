import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Elsewhere, FormField } from '../hints/form';
import type { Source } from '../hints/sources';

type HintFieldProps = {
  readonly trans: TranslationBundle;
  readonly field: FormField;
  readonly label: string;
  readonly caption: string;
  readonly yesNo: boolean;
  readonly readOnly: boolean;
  readonly onChange: (text: string) => void;
  /** The person has finished with this field for now. */
  readonly onSettle: () => void;
  /** Undo or redo the field's last edit; false if there is none. */
  readonly onUndo: (isRedo: boolean) => boolean;
};

/** One hint: its label, its input, where else it is set, and its problem. */
export function HintField(props: HintFieldProps): JSX.Element {
  const { trans, field, label, caption } = props;
  const id = React.useId();
  // A value is not judged while it is typed; a finished one is, at once.
  const [judged, judge] = React.useState<string | null>(null);
  const settle = (): void => {
    judge(field.text);
    props.onSettle();
  };
  const input = inputOf(props, id, settle);
  return (
    <div className="cg-Field" data-judged={judged === field.text ? '' : undefined}>
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
          placeholder={field.isMixed ? trans.__('mixed') : (field.inherited?.text ?? '')}
          onChange={event => props.onChange(event.target.value)}
        />
      )}
      <div id={`${id}-note`} className="cg-Field-note" aria-live="polite">
        <Note trans={trans} field={field} />
      </div>
    </div>
  );
}

/** What a text input and a checkbox have in common. */
function inputOf(
  { field, caption, readOnly, onUndo }: HintFieldProps,
  id: string,
  settle: () => void
) {
  return {
    id: `${id}-input`,
    disabled: readOnly,
    title: caption,
    'data-hint': field.name,
    'aria-invalid': field.problem !== null || field.elsewhere !== null,
    'aria-describedby': `${id}-note`,
    onBlur: settle,
    onKeyDown: (event: React.KeyboardEvent) => {
      if (event.key === 'Enter') {
        settle();
      } else if (isUndo(event) || isRedo(event)) {
        event.preventDefault(); // the browser's own undo covers neither checkboxes nor suggestions
        onUndo(isRedo(event));
      }
    }
  };
}

function isUndo({ key, ctrlKey, metaKey, shiftKey, altKey }: React.KeyboardEvent): boolean {
  return (ctrlKey || metaKey) && !shiftKey && !altKey && key.toLowerCase() === 'z';
}

function isRedo({ key, ctrlKey, metaKey, shiftKey, altKey }: React.KeyboardEvent): boolean {
  const is = shiftKey ? key.toLowerCase() === 'z' : key.toLowerCase() === 'y';
  return (ctrlKey || metaKey) && !altKey && is;
}

/** The problem of a field, here or elsewhere, or the source of its value. */
function Note({ trans, field }: Pick<HintFieldProps, 'trans' | 'field'>): JSX.Element | null {
  if (field.problem) {
    return <span className="cg-Field-problem">{problemText(trans, field)}</span>;
  }
  if (field.elsewhere) {
    return (
      <span className="cg-Field-problem" data-judged="">
        {elsewhereText(trans, field.elsewhere)}
      </span>
    );
  }
  if (field.isMixed) {
    return <span className="cg-Small">{trans.__('differs between cells')}</span>;
  }
  return field.text === '' && field.inherited ? (
    <span className="cg-Small">{sourceText(trans, field.inherited.source)}</span>
  ) : null;
}

/**
 * A checkbox.
 *
 * #### Notes
 * Unchecking removes the hint, or writes `false` if another source sets it.
 */
function YesNo({
  field,
  onChange,
  input
}: HintFieldProps & { readonly input: React.ComponentProps<'input'> }): JSX.Element {
  const box = React.useRef<HTMLInputElement>(null);
  const inherited = field.inherited?.text === 'true';
  const checked = field.text === '' ? inherited : field.text === 'true';
  React.useLayoutEffect(() => {
    box.current!.indeterminate = field.isMixed;
  }, [field.isMixed]);
  return (
    <input
      {...input}
      ref={box}
      type="checkbox"
      checked={checked && !field.isMixed}
      onChange={event => onChange(event.target.checked ? 'true' : inherited ? 'false' : '')}
    />
  );
}

/** A problem that this form cannot fix. */
export function elsewhereText(
  trans: TranslationBundle,
  { source, path, got, expected }: Elsewhere
): string {
  const where = {
    cell: trans.__('The cell'),
    tag: trans.__('A tag'),
    directive: trans.__('The #| line'),
    notebook: trans.__('The notebook'),
    node: trans.__('The node'),
    settings: trans.__('Your settings')
  }[source];
  return source === 'notebook' || source === 'settings' || source === 'node'
    ? trans.__('%1: "%2" is %3; expected %4. It is ignored.', where, path, got, expected)
    : trans.__('%1: "%2" is %3; expected %4. A run would be refused.', where, path, got, expected);
}

/** The problem, and what a run would do meanwhile. */
function problemText(trans: TranslationBundle, field: FormField): string {
  const expected = field.problem?.expected ?? '';
  if (field.isMixed) {
    return trans.__('Expected %1. Not saved: each cell still asks for what it did.', expected);
  }
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
