import * as React from 'react';

import { type BarPart, drawnParts } from './barParts';

/** The name of a series' colour, for `data-series`. */
export function seriesName(series: BarPart['series']): string {
  return typeof series === 'number' ? String(series % 8) : series;
}

/** Narrower parts have no letter. */
const LETTER_SHARE_MIN = 0.06;

/** A horizontal bar of allocations by holder; `label` states the same in words. */
export function Bar(props: {
  readonly label: string;
  readonly parts: readonly BarPart[];
}): JSX.Element {
  return (
    <div className="cg-Bar" role="img" aria-label={props.label}>
      {drawnParts(props.parts).map(part => (
        <i
          key={part.key}
          className={part.hatched ? 'cg-Bar-part cg-mod-hatched' : 'cg-Bar-part'}
          data-series={seriesName(part.series)}
          style={{ width: `${part.share * 100}%` }}
          title={part.title}
        >
          {part.share >= LETTER_SHARE_MIN ? part.letter : null}
        </i>
      ))}
    </div>
  );
}

/** A thin line under a bar: how much of it is in use now. */
export function UseLine({ share }: { readonly share: number }): JSX.Element {
  return (
    <div className="cg-UseLine" aria-hidden="true">
      <i style={{ width: `${Math.min(Math.max(share, 0), 1) * 100}%` }} />
    </div>
  );
}
