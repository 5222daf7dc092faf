import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

/**
 * Gives a wait up.
 *
 * #### Notes
 * It goes with the wait, so it takes no focus from where a mouse found it, and
 * from the keyboard leaves it to what it is in: the cell, or the panel.
 */
export function CancelButton(props: {
  readonly trans: TranslationBundle;
  readonly onCancel: () => void;
}): JSX.Element {
  const { trans, onCancel } = props;
  return (
    <button
      className="cg-Button"
      onMouseDown={event => event.preventDefault()}
      onClick={({ detail, currentTarget }) => {
        if (detail === 0) {
          currentTarget.parentElement?.closest<HTMLElement>('[tabindex]')?.focus();
        }
        onCancel();
      }}
      title={trans.__('Give this wait up; the cell does not run')}
    >
      {trans.__('Cancel')}
    </button>
  );
}
