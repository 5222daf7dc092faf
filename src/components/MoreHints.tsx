import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

/**
 * The hints that few cells set: unfolded if one of them is set.
 *
 * #### Notes
 * Never folded while being edited: a person who empties the last of them may be
 * about to type another value, and would lose the focus.
 */
export function MoreHints(props: {
  readonly trans: TranslationBundle;
  /** Whether one of them is set. */
  readonly used: boolean;
  readonly children: React.ReactNode;
}): JSX.Element {
  const details = React.useRef<HTMLDetailsElement>(null);
  React.useLayoutEffect(() => {
    const shown = details.current!;
    shown.open = props.used || shown.contains(document.activeElement);
  }, [props.used]);
  return (
    <details className="cg-More" ref={details}>
      <summary>{props.trans.__('More hints')}</summary>
      {props.children}
    </details>
  );
}
