import type { HolderView } from '../../server/protocol/view';
import { countCpus, formatBytes, formatBytesOfAmount, formatNumber } from '../format';
import { keptText } from './claimTexts';
import type { PanelProps } from './panelProps';

/** The group of kernels that are in none. */
const EVERYBODY = 'all';

/** What a kernel has and uses, part by part. */
export function kernelFigures({
  trans,
  kernel
}: Pick<PanelProps, 'trans'> & { readonly kernel: HolderView }): string[] {
  const { grant, cpusBusy, memoryBytes, memoryLimitBytes } = kernel;
  const isRunning = kernel.state === 'running';
  const pinned = isRunning && grant?.cpus ? countCpus(grant.cpus) : null;
  const busy = cpusBusy ?? 0;
  const figures = [
    kernel.group === EVERYBODY ? '' : trans.__('group %1', kernel.group),
    grant && !isRunning ? keptText(trans, grant) : '',
    pinned === null
      ? cpusBusy === null || busy < 0.05
        ? ''
        : trans.__('%1 CPUs busy', formatNumber(busy))
      : trans._n(
          '%2 % of %1 CPU (%3)',
          '%2 % of %1 CPUs (%3)',
          pinned,
          Math.round((busy / pinned) * 100),
          grant?.cpus
        ),
    memoryBytes === null
      ? ''
      : memoryLimitBytes === null
        ? formatBytes(memoryBytes)
        : formatBytesOfAmount(trans, memoryBytes, memoryLimitBytes),
    kernel.threads === null ? '' : trans._n('%1 thread', '%1 threads', kernel.threads),
    kernel.gpuMemoryBytes ? trans.__('%1 VRAM', formatBytes(kernel.gpuMemoryBytes)) : '',
    kernel.boundGpus.length
      ? trans._n('bound to %1 GPU', 'bound to %1 GPUs', kernel.boundGpus.length)
      : ''
  ];
  return figures.filter(figure => figure !== '');
}
