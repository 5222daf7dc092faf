import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Seen } from './useSeen';

/** Zooms by pointer, for those who have no wheel. */
export function ZoomButtons(props: {
  readonly trans: TranslationBundle;
  readonly seen: Seen;
}): JSX.Element {
  const { trans, seen } = props;
  return (
    <div className="cg-Zoom" role="group" aria-label={trans.__('Zoom')}>
      <button className="cg-Button" onClick={() => seen.zoomBy(2)} title={trans.__('Zoom in (+)')}>
        +
      </button>
      <button
        className="cg-Button"
        onClick={() => seen.zoomBy(0.5)}
        title={trans.__('Zoom out (-)')}
      >
        −
      </button>
      <button
        className="cg-Button"
        onClick={seen.showAll}
        title={trans.__('Show the whole range (0)')}
      >
        {trans.__('All')}
      </button>
    </div>
  );
}
