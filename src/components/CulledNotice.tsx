import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { CulledView } from '../../server/protocol/cull';
import { culledText, useClockTime } from './cullTexts';

type CulledNoticeProps = {
  readonly trans: TranslationBundle;
  readonly culled: CulledView;
  /** The sidecar's clock, in ms since the epoch. */
  readonly nowMs: number;
  /** Null if the notebook has another kernel by now. */
  readonly onStart: (() => void) | null;
  readonly onDismiss: () => void;
};

/** When and why the kernel of a notebook was shut down (CULL7). */
export function CulledNotice(props: CulledNoticeProps): JSX.Element {
  const { trans, culled, nowMs, onStart, onDismiss } = props;
  const when = useClockTime(culled.atMs, culled.atMs - nowMs);
  return (
    <div className="cg-Request cg-Cull" role="status">
      <span>{culledText(trans, culled, when)}</span>
      {onStart && (
        <button className="cg-Button" onClick={onStart}>
          {trans.__('Start a new kernel')}
        </button>
      )}
      <button className="cg-Button" onClick={onDismiss}>
        {trans.__('Dismiss')}
      </button>
    </div>
  );
}
