import * as React from 'react';

import type { ClaimView, HolderView } from '../../server/protocol/view';
import { HISTORY_MS } from '../arbiter/history';
import { formatSpan } from '../format';
import { seriesName } from './Bar';
import type { PanelProps } from './panelProps';

type LaneProps = Pick<PanelProps, 'trans' | 'marks' | 'nowMs'> & {
  readonly kernel: HolderView;
  /** Everybody's claims, newest first. */
  readonly claims: readonly ClaimView[];
};

/** One kernel's claims over the last minutes: waiting dashed, running solid. */
export function Lane(props: LaneProps): JSX.Element | null {
  const spans = spansOf(props);
  if (spans.length === 0) {
    return null;
  }
  return (
    <div className="cg-Lane" role="img" aria-label={spans.map(span => span.title).join('; ')}>
      {spans.map(span => (
        <i
          key={span.key}
          className={span.waited ? 'cg-Span cg-mod-waited' : 'cg-Span'}
          data-series={seriesName(props.marks.get(props.kernel.id)?.series ?? 'other')}
          style={{ left: `${span.left}%`, width: `${span.width}%` }}
          title={span.title}
        >
          {span.width > LABEL_WIDTH_MIN ? span.label : null}
        </i>
      ))}
    </div>
  );
}

type Span = {
  readonly key: string;
  readonly waited: boolean;
  /** In % of the axis. */
  readonly left: number;
  readonly width: number;
  readonly label: string | null;
  readonly title: string;
};

/** Narrower spans carry no label, in % of the axis. */
const LABEL_WIDTH_MIN = 7;

/** Shorter waits are not drawn, in ms. */
const WAIT_MIN_MS = 200;

/** Lanes draw at most this many claims, the newest. */
const CLAIMS_MAX = 60;

function spansOf(props: LaneProps): Span[] {
  return props.claims
    .filter(claim => claim.holderId === props.kernel.id)
    .slice(0, CLAIMS_MAX)
    .flatMap(claim => claimSpans(props, claim));
}

function claimSpans({ trans, nowMs: toMs }: LaneProps, claim: ClaimView): Span[] {
  const fromMs = toMs - HISTORY_MS;
  const endMs = claim.state === 'done' ? claim.endedMs : toMs;
  const grantedMs = claim.state === 'waiting' ? toMs : (claim.grantedMs ?? endMs);
  const name = claim.label ?? trans.__('a cell');
  const span = (waited: boolean, startMs: number, stopMs: number, title: string): Span[] => {
    const start = Math.max(startMs, fromMs);
    const percent = 100 / (toMs - fromMs);
    const left = (start - fromMs) * percent;
    const width = Math.min(Math.max((stopMs - start) * percent, 0.5), 100 - left);
    return stopMs <= fromMs || width <= 0
      ? []
      : [{ key: `${claim.id} ${waited}`, waited, left, width, label: claim.label, title }];
  };
  const waitMs = grantedMs - claim.arrivedMs;
  const runMs = endMs - grantedMs;
  return [
    ...(waitMs < WAIT_MIN_MS
      ? []
      : span(true, claim.arrivedMs, grantedMs, trans.__('%1 waited %2', name, formatSpan(waitMs)))),
    ...(runMs <= 0
      ? []
      : span(false, grantedMs, endMs, trans.__('%1 ran %2', name, formatSpan(runMs))))
  ];
}
