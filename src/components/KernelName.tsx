import * as React from 'react';

import { baseName } from '../format';
import type { PanelProps } from './panelProps';

/**
 * The name of a kernel and, if one is meant, of a cell: `events.ipynb ▸ [5]`.
 *
 * #### Notes
 * A button if this page can show the notebook, plain text if it belongs
 * to somebody else.
 */
export function KernelName(
  props: Pick<PanelProps, 'trans' | 'paths' | 'onReveal'> & {
    readonly kernelId: string;
    readonly name: string;
    readonly label?: string | null;
    readonly owner?: string;
  }
): JSX.Element {
  const path = props.paths.get(props.kernelId);
  const text = [baseName(path ?? props.name), props.label].filter(Boolean).join(' ▸ ');
  if (path === undefined) {
    // For other users only the user's name is shown (SEC1).
    const isHidden = props.name === props.owner;
    return (
      <span className="cg-KernelName" title={isHidden ? undefined : props.name}>
        {isHidden ? props.trans.__('%1 (another user)', props.owner) : text}
        {!isHidden && props.owner && <span className="cg-Small"> {props.owner}</span>}
      </span>
    );
  }
  return (
    <button
      className="cg-Link cg-KernelName"
      title={props.trans.__('Show %1', path)}
      onClick={() => props.onReveal(props.kernelId)}
    >
      {text}
    </button>
  );
}

/** The colour and letter of a kernel, as in the bars. */
export function KernelSwatch(props: {
  readonly mark: { readonly series: number; readonly letter: string } | undefined;
}): JSX.Element {
  return (
    <i
      className="cg-Swatch"
      data-series={props.mark ? String(props.mark.series % 8) : 'other'}
      aria-hidden="true"
    >
      {props.mark?.letter}
    </i>
  );
}
