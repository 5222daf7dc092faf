import * as React from 'react';

import type { GpuView, Snapshot } from '../../server/protocol/view';
import { keeperOf } from '../arbiter/keeper';
import { formatBytes, formatBytesOf } from '../format';
import { Bar, UseLine } from './Bar';
import { gpuParts } from './bars';
import { Glyph } from './Glyph';
import { KeeperActions } from './KeeperActions';
import { KernelName } from './KernelName';
import type { PanelProps } from './panelProps';
import { ReleaseHold } from './ReleaseHold';
import { RowHead } from './RowHead';

type GpuProps = PanelProps & { readonly snapshot: Snapshot; readonly gpu: GpuView };

/** One GPU: its figures, which kernels have its memory, and which compute on it. */
export function GpuRow(props: GpuProps): JSX.Element {
  const { trans, gpu, marks } = props;
  const name = trans.__('GPU %1', gpu.index);
  const figures = [
    gpu.model.replace(/^NVIDIA /, ''),
    gpu.isLost ? trans.__('does not answer') : '',
    gpu.memoryUsedBytes === null ? '' : formatBytesOf(trans, gpu.memoryUsedBytes, gpu.memoryBytes),
    gpu.utilisation === null ? '' : trans.__('%1 % busy', Math.round(gpu.utilisation * 100)),
    gpu.temperatureC === null ? '' : `${Math.round(gpu.temperatureC)} °C`,
    gpu.powerW === null ? '' : `${Math.round(gpu.powerW)} W`
  ].filter(part => part !== '');
  return (
    <div className="cg-Row">
      <RowHead name={name} figures={figures} />
      <Bar label={`${name}: ${figures.join(' · ')}`} parts={gpuParts(trans, gpu, marks)} />
      <UseLine share={gpu.utilisation ?? 0} />
      <Holders {...props} />
    </div>
  );
}

/** The holders of the GPU, by lease or by memory: kernels first, strangers flagged (GPU4). */
function Holders(props: GpuProps): JSX.Element | null {
  const { gpu } = props;
  const resident = new Set(gpu.processes.map(it => it.holderId));
  const unseen = gpu.leasedTo.filter(id => !resident.has(id));
  const kernelIds = [...new Set([...resident, ...unseen])].filter(id => id !== null);
  const strangers = gpu.processes.filter(it => it.holderId === null);
  return kernelIds.length + strangers.length === 0 ? null : (
    <ul className="cg-Holders">
      {kernelIds.map(id => (
        <KernelHolder key={id} {...props} kernelId={id} />
      ))}
      {strangers.map(it => (
        <Stranger key={it.pid} {...props} process={it} />
      ))}
    </ul>
  );
}

/** A kernel with a lease, or with memory that it keeps from earlier cells. */
function KernelHolder(props: GpuProps & { readonly kernelId: string }): JSX.Element {
  const { trans, gpu, snapshot, paths, kernelId } = props;
  const processes = gpu.processes.filter(it => it.holderId === kernelId);
  const bytes = processes.reduce((sum, it) => sum + it.memoryBytes, 0);
  const isLeased = gpu.leasedTo.includes(kernelId);
  // If one's own cell waits for it, the queue shows the actions.
  const keeper =
    isLeased || isAwaited(props, kernelId) ? null : keeperOf(snapshot, paths, kernelId, null);
  const kernel = snapshot.holders.find(it => it.id === kernelId);
  // Newest first: the cell that computes, or the one that left the kept memory.
  const cell = snapshot.claims.find(
    it => it.state !== 'waiting' && it.holderId === kernelId && it.grant?.gpus.includes(gpu.uuid)
  );
  return (
    <li>
      <KernelName
        {...props}
        kernelId={kernelId}
        name={kernel?.name ?? processes[0]?.name ?? kernelId}
        label={cell?.label ?? null}
        owner={kernel?.owner ?? ''}
      />
      {' · '}
      {cell?.state === 'running'
        ? trans.__('computes, %1', formatBytes(bytes))
        : isLeased
          ? trans.__('holds it for its next cell, %1', formatBytes(bytes))
          : trans.__('keeps %1, no grant now', formatBytes(bytes))}{' '}
      {kernel && isLeased && <ReleaseHold {...props} kernel={kernel} />}
      {keeper?.own && (
        <KeeperActions trans={trans} keeper={keeper} nowMs={props.nowMs} calls={props.keepers} />
      )}
    </li>
  );
}

/** Whether a cell of this server waits for what a kernel keeps. */
function isAwaited({ snapshot, paths }: GpuProps, kernelId: string): boolean {
  return snapshot.claims.some(
    claim =>
      claim.state === 'waiting' &&
      paths.has(claim.holderId) &&
      claim.reason.blockers.some(it => it.holderId === kernelId)
  );
}

/** A process without any grant. */
function Stranger(
  props: GpuProps & { readonly process: GpuView['processes'][number] }
): JSX.Element {
  const { trans, process } = props;
  const { pid, name, owner, memoryBytes, isDisplay = false } = process;
  const why = isDisplay ? trans.__('draws a screen') : trans.__('no grant');
  return (
    <li data-tone={isDisplay ? undefined : 'error'} title={name}>
      {!isDisplay && <Glyph name="warn" />}{' '}
      <strong>
        {owner === null ? trans.__('process %1', pid) : trans.__('process %1 of %2', pid, owner)}
      </strong>
      {` ${name.split('/').pop()} · ${formatBytes(memoryBytes)} · ${why}`}
    </li>
  );
}
