import * as React from 'react';

import type { HolderView } from '../../server/protocol/view';
import { baseName, countCpus, formatBytes } from '../format';
import type { PanelProps } from './panelProps';

/**
 * Releases the grant that a kernel of this server keeps for its next cell
 * (ADM9), and states beforehand what that frees: the memory of its variables stays.
 */
export function ReleaseHold(
  props: Pick<PanelProps, 'trans' | 'paths' | 'keepers'> & { readonly kernel: HolderView }
): JSX.Element | null {
  const { trans, kernel, paths, keepers } = props;
  if (kernel.state === 'running' || !kernel.grant || !paths.has(kernel.id)) {
    return null;
  }
  const name = baseName(paths.get(kernel.id) ?? kernel.name);
  return (
    <button
      className="cg-Button"
      onClick={() => keepers.onRelease(kernel.id)}
      aria-label={trans.__('Release what %1 keeps for its next cell', name)}
      title={releaseText(props)}
    >
      {trans.__('Release')}
    </button>
  );
}

function releaseText({
  trans,
  kernel
}: Pick<PanelProps, 'trans'> & { readonly kernel: HolderView }): string {
  const { cpus = null, memoryBytes = null, gpus = [] } = kernel.grant ?? {};
  const n = cpus === null ? 0 : countCpus(cpus);
  const resident = kernel.memoryBytes ?? 0;
  const promised = Math.max(0, (memoryBytes ?? 0) - resident);
  const back = [
    n ? trans._n('%1 CPU', '%1 CPUs', n) : '',
    promised ? trans.__('%1 of memory', formatBytes(promised)) : '',
    gpus.length ? trans._n('%1 GPU', '%1 GPUs', gpus.length) : ''
  ].filter(part => part !== '');
  const gives = back.length
    ? trans.__('Gives back %1.', back.join(' · '))
    : trans.__('Gives back nothing that others could have now.');
  const stays = [
    resident ? trans.__('%1 of memory', formatBytes(resident)) : '',
    kernel.gpuMemoryBytes ? trans.__('%1 VRAM', formatBytes(kernel.gpuMemoryBytes)) : ''
  ].filter(part => part !== '');
  return stays.length
    ? `${gives} ${trans.__('What its variables take stays: %1.', stays.join(' · '))}`
    : gives;
}
