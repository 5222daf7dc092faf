import * as React from 'react';

import type { ClaimView, KernelView, Snapshot } from '../../server/protocol/view';
import { formatSpan } from '../format';
import { KernelName } from './KernelName';
import type { PanelProps } from './panelProps';

type TimelineProps = PanelProps & {
  readonly snapshot: Snapshot;
  readonly fromMs: number;
  readonly toMs: number;
};

/** Each kernel's claims over the last minutes: waiting dashed, running solid. */
export function Timeline(props: TimelineProps): JSX.Element | null {
  const lanes = props.snapshot.kernels
    .map(kernel => ({ kernel, spans: spansOf(props, kernel) }))
    .filter(lane => lane.spans.length > 0);
  if (lanes.length === 0) {
    return null;
  }
  return (
    <ul className="cg-Timeline" aria-label={props.trans.__('Waits and runs by kernel')}>
      {lanes.map(({ kernel, spans }) => (
        <li key={kernel.id} className="cg-Lane">
          <KernelName {...props} kernelId={kernel.id} name={kernel.name} />
          <div className="cg-Lane-track" role="img" aria-label={spans.map(s => s.title).join('; ')}>
            {spans.map(span => (
              <i
                key={span.key}
                className={span.waited ? 'cg-Span cg-mod-waited' : 'cg-Span'}
                data-series={String((props.marks.get(kernel.id)?.series ?? 0) % 8)}
                style={{ left: `${span.left}%`, width: `${span.width}%` }}
                title={span.title}
              >
                {span.width > 9 ? span.label : null}
              </i>
            ))}
          </div>
        </li>
      ))}
    </ul>
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

/** Waits shorter than this are not drawn, in ms. */
const WAIT_MIN_MS = 200;

/** Lanes draw at most this many claims, the newest. */
const CLAIMS_MAX = 60;

function spansOf(props: TimelineProps, kernel: KernelView): Span[] {
  return props.snapshot.claims
    .filter(claim => claim.kernelId === kernel.id)
    .slice(0, CLAIMS_MAX)
    .flatMap(claim => claimSpans(props, claim));
}

function claimSpans({ trans, fromMs, toMs }: TimelineProps, claim: ClaimView): Span[] {
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
