import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

/**
 * Cancels a wait.
 *
 * #### Notes
 * It disappears with the wait, so a mouse click does not move the focus to it, and
 * keyboard focus returns to its container: the cell, or the panel.
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
