import * as React from 'react';

import type { Snapshot } from '../../server/protocol/view';
import type { Sample } from '../tokens';
import { HISTORY_MS } from '../arbiter/history';
import { formatBytes, formatNumber } from '../format';
import type { PanelProps } from './panelProps';
import { Section } from './Section';
import { Sparkline } from './Sparkline';
import { Timeline } from './Timeline';

/** The last ten minutes: CPUs and memory in use, and each kernel's waits and runs. */
export function HistorySection(
  props: PanelProps & { readonly snapshot: Snapshot; readonly history: readonly Sample[] }
): JSX.Element {
  const { trans, snapshot, history, nowMs } = props;
  const { node } = snapshot;
  const axis = { fromMs: nowMs - HISTORY_MS, toMs: nowMs };
  return (
    <Section title={trans.__('Last 10 minutes')} aside={trans.__('waited ┄ ran ■')}>
      <Sparkline
        {...axis}
        name={trans.__('CPUs busy')}
        top={trans.__('of %1', node.cpus)}
        now={node.cpusBusy === null ? '' : formatNumber(node.cpusBusy)}
        max={node.cpus}
        points={history.map(sample => [sample.atMs, sample.cpusBusy])}
      />
      <Sparkline
        {...axis}
        name={trans.__('Memory')}
        top={trans.__('of %1', formatBytes(node.memoryBytes))}
        now={node.memoryUsedBytes === null ? '' : formatBytes(node.memoryUsedBytes)}
        max={node.memoryBytes}
        points={history.map(sample => [sample.atMs, sample.memoryBytes])}
      />
      <Timeline {...props} {...axis} />
    </Section>
  );
}
