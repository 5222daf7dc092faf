import * as React from 'react';

import { drainSentence } from '../../server/protocol/sentences';
import type { Snapshot } from '../../server/protocol/view';
import { formatBytes, formatNumber } from '../format';
import { HISTORY_MS } from '../arbiter/history';
import type { Sample } from '../tokens';
import { Bar } from './Bar';
import { cpuParts, memoryParts } from './bars';
import { GpuRow } from './GpuRow';
import { memoryFigures } from './memoryText';
import { RowHead } from './RowHead';
import type { PanelProps } from './panelProps';
import { Section } from './Section';
import { Sparkline } from './Sparkline';

type NodeProps = PanelProps & {
  readonly snapshot: Snapshot;
  readonly history: readonly Sample[];
};

/** The totals of the node, their holders, and their use in the last ten minutes. */
export function NodeSection(props: NodeProps): JSX.Element {
  const { trans } = props;
  const { node } = props.snapshot;
  const aside = [
    trans._n('%1 CPU', '%1 CPUs', node.cpus),
    formatBytes(node.memoryBytes),
    node.gpus.length ? trans._n('%1 GPU', '%1 GPUs', node.gpus.length) : trans.__('no GPU')
  ];
  return (
    <Section title={trans.__('Node')} aside={aside.join(' · ')}>
      <CpuRow {...props} />
      <MemoryRow {...props} />
      {node.gpus.map(gpu => (
        <GpuRow key={gpu.uuid} {...props} gpu={gpu} />
      ))}
      {node.drain && (
        <p className="cg-Notice" role="status">
          {drainSentence(node.drain, trans)}
        </p>
      )}
      {node.notices.map(notice => (
        <p key={notice} className="cg-Notice">
          {notice}
        </p>
      ))}
    </Section>
  );
}

/** The last ten minutes, as the axis of a plot. */
function axis({ nowMs }: NodeProps): { fromMs: number; toMs: number } {
  return { fromMs: nowMs - HISTORY_MS, toMs: nowMs };
}

function CpuRow(props: NodeProps): JSX.Element {
  const { trans, snapshot, marks } = props;
  const { node, holders } = snapshot;
  const figures = [
    trans.__('%1 of %2 granted', node.cpusGranted, node.cpus),
    ...(node.cpusBusy === null ? [] : [trans.__('%1 busy', formatNumber(node.cpusBusy))])
  ];
  return (
    <div className="cg-Row">
      <RowHead name={trans.__('CPU')} figures={figures} />
      <Bar
        label={`${trans.__('CPU')}: ${figures.join(' · ')}`}
        parts={cpuParts(trans, node, holders, marks)}
      />
      <Sparkline
        {...axis(props)}
        max={node.cpus}
        points={props.history.map(it => [it.atMs, it.cpusBusy])}
      />
    </div>
  );
}

function MemoryRow(props: NodeProps): JSX.Element {
  const { trans, snapshot, marks } = props;
  const { node, holders } = snapshot;
  const figures = memoryFigures(trans, node);
  return (
    <div className="cg-Row">
      <RowHead name={trans.__('Memory')} figures={figures} />
      <Bar
        label={`${trans.__('Memory')}: ${figures.join(' · ')}`}
        parts={memoryParts(trans, node, holders, marks)}
      />
      <Sparkline
        {...axis(props)}
        max={node.memoryBytes}
        points={props.history.map(it => [it.atMs, it.memoryBytes])}
      />
    </div>
  );
}
