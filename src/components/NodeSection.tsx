import * as React from 'react';

import type { GpuView, Snapshot } from '../../server/protocol/view';
import { formatBytes, formatBytesOf, formatNumber } from '../format';
import { HISTORY_MS } from '../arbiter/history';
import type { Sample } from '../tokens';
import { Bar, UseLine } from './Bar';
import { cpuParts, gpuParts, memoryParts } from './bars';
import { KernelName } from './KernelName';
import type { PanelProps } from './panelProps';
import { Section } from './Section';
import { Sparkline } from './Sparkline';

type NodeProps = PanelProps & {
  readonly snapshot: Snapshot;
  readonly history: readonly Sample[];
};

/** The totals of the node, who holds them, and their use in the last ten minutes. */
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
      {node.notices.map(notice => (
        <p key={notice} className="cg-Notice">
          {notice}
        </p>
      ))}
    </Section>
  );
}

function RowHead(props: { readonly name: string; readonly figures: string }): JSX.Element {
  return (
    <div className="cg-RowHead">
      <strong>{props.name}</strong>
      <span>{props.figures}</span>
    </div>
  );
}

/** The last ten minutes, as the axis of a plot. */
function axis({ nowMs }: NodeProps): { fromMs: number; toMs: number } {
  return { fromMs: nowMs - HISTORY_MS, toMs: nowMs };
}

function CpuRow(props: NodeProps): JSX.Element {
  const { trans, snapshot, marks } = props;
  const { node, kernels } = snapshot;
  const granted = trans.__('%1 of %2 granted', node.cpusGranted, node.cpus);
  const figures =
    node.cpusBusy === null
      ? granted
      : `${granted} · ${trans.__('%1 busy', formatNumber(node.cpusBusy))}`;
  return (
    <div className="cg-Row">
      <RowHead name={trans.__('CPU')} figures={figures} />
      <Bar label={`${trans.__('CPU')}: ${figures}`} parts={cpuParts(trans, node, kernels, marks)} />
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
  const { node, kernels } = snapshot;
  const figures = [
    node.memoryUsedBytes === null
      ? ''
      : formatBytesOf(trans, node.memoryUsedBytes, node.memoryBytes),
    trans.__('reserve %1', formatBytes(node.memoryReserveBytes))
  ];
  const text = figures.filter(part => part !== '').join(' · ');
  return (
    <div className="cg-Row">
      <RowHead name={trans.__('Memory')} figures={text} />
      <Bar
        label={`${trans.__('Memory')}: ${text}`}
        parts={memoryParts(trans, node, kernels, marks)}
      />
      <Sparkline
        {...axis(props)}
        max={node.memoryBytes}
        points={props.history.map(it => [it.atMs, it.memoryBytes])}
      />
    </div>
  );
}

function GpuRow(props: NodeProps & { readonly gpu: GpuView }): JSX.Element {
  const { trans, gpu, marks } = props;
  const name = trans.__('GPU %1', gpu.index);
  const figures = [
    gpu.model.replace(/^NVIDIA /, ''),
    gpu.utilisation === null ? '' : `${Math.round(gpu.utilisation * 100)} %`,
    gpu.memoryUsedBytes === null ? '' : formatBytesOf(trans, gpu.memoryUsedBytes, gpu.memoryBytes),
    gpu.temperatureC === null ? '' : `${Math.round(gpu.temperatureC)} °C`,
    gpu.powerW === null ? '' : `${Math.round(gpu.powerW)} W`
  ];
  const text = figures.filter(part => part !== '').join(' · ');
  return (
    <div className="cg-Row">
      <RowHead name={name} figures={text} />
      <Bar label={`${name}: ${text}`} parts={gpuParts(trans, gpu, marks)} />
      <UseLine share={gpu.utilisation ?? 0} />
      <GpuHolders {...props} />
    </div>
  );
}

function GpuHolders(props: NodeProps & { readonly gpu: GpuView }): JSX.Element | null {
  const { trans, gpu, snapshot } = props;
  const names = new Map(snapshot.kernels.map(kernel => [kernel.id, kernel.name]));
  const lines = gpu.processes.map(process => (
    <li key={process.pid} data-tone={process.kernelId === null ? 'error' : undefined}>
      {process.kernelId === null ? (
        <strong>{trans.__('pid %1 %2, no lease', process.pid, process.name)}</strong>
      ) : (
        <KernelName
          {...props}
          kernelId={process.kernelId}
          name={names.get(process.kernelId) ?? process.name}
        />
      )}
      {' · '}
      {process.leased || process.kernelId === null
        ? formatBytes(process.memoryBytes)
        : trans.__('%1 resident, no lease now', formatBytes(process.memoryBytes))}
    </li>
  ));
  return lines.length ? <ul className="cg-Holders">{lines}</ul> : null;
}
