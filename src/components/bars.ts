import type { TranslationBundle } from '@jupyterlab/translation';

import type { GpuView, HolderView, NodeView } from '../../server/protocol/view';
import { baseName, countCpus, formatBytes, formatNumber } from '../format';
import type { BarPart } from './barParts';
import type { KernelMark } from '../arbiter/kernelMarks';

type Marks = ReadonlyMap<string, KernelMark>;

function marked(marks: Marks, kernelId: string): Pick<BarPart, 'series' | 'letter'> {
  const mark = marks.get(kernelId);
  return mark ? { series: mark.series, letter: mark.letter } : { series: 'other' };
}

/** The CPUs of the node by kernel: pinned ones solid, shared ones in use hatched. */
export function cpuParts(
  trans: TranslationBundle,
  node: NodeView,
  kernels: readonly HolderView[],
  marks: Marks
): BarPart[] {
  return kernels.map(kernel => {
    const pinned = kernel.grant?.cpus ? countCpus(kernel.grant.cpus) : 0;
    const cpus = pinned || (kernel.cpusBusy ?? 0);
    const name = baseName(kernel.name);
    return {
      key: kernel.id,
      share: cpus / node.cpus,
      hatched: pinned === 0,
      title: pinned
        ? trans._n('%2: %1 CPU granted', '%2: %1 CPUs granted', pinned, name)
        : trans.__('%1: %2 shared CPUs busy', name, formatNumber(cpus)),
      ...marked(marks, kernel.id)
    };
  });
}

/** The memory of the node: by kernel, other processes, and the reserve. */
export function memoryParts(
  trans: TranslationBundle,
  node: NodeView,
  kernels: readonly HolderView[],
  marks: Marks
): BarPart[] {
  const parts: BarPart[] = [];
  let taken = node.memoryReserveBytes;
  for (const kernel of kernels) {
    const held = kernel.memoryBytes ?? 0;
    const promised = Math.max(0, (kernel.grant?.memoryBytes ?? 0) - held);
    const name = baseName(kernel.name);
    taken += held + promised;
    parts.push({
      key: `${kernel.id} held`,
      share: held / node.memoryBytes,
      title: trans.__('%1: %2 in memory', name, formatBytes(held)),
      ...marked(marks, kernel.id)
    });
    parts.push({
      key: `${kernel.id} promised`,
      share: promised / node.memoryBytes,
      hatched: true,
      title: trans.__('%1: %2 more promised', name, formatBytes(promised)),
      series: marked(marks, kernel.id).series
    });
  }
  // A node that is part of its machine may be smaller than what others use there.
  const room = Math.max(0, node.memoryBytes - taken);
  const other = Math.min(node.memoryOthersBytes ?? 0, room);
  parts.push({
    key: 'other',
    share: other / node.memoryBytes,
    series: 'other',
    title: trans.__('Other processes: %1', formatBytes(other))
  });
  parts.push({
    key: 'reserve',
    share: node.memoryReserveBytes / node.memoryBytes,
    series: 'reserve',
    title: trans.__('Kept back from grants: %1', formatBytes(node.memoryReserveBytes))
  });
  return parts;
}

/** The memory of a GPU by process; one without a lease is an alarm (GPU4). */
export function gpuParts(trans: TranslationBundle, gpu: GpuView, marks: Marks): BarPart[] {
  return gpu.processes.map(({ pid, name, ...process }, at) => ({
    // Those of other users' kernels have no pid here (SEC1).
    key: pid ? String(pid) : `hidden ${at}`,
    share: process.memoryBytes / gpu.memoryBytes,
    title: pid
      ? trans.__('%1 (pid %2): %3', name, pid, formatBytes(process.memoryBytes))
      : trans.__('%1: %2', name, formatBytes(process.memoryBytes)),
    ...(process.isDisplay
      ? { series: 'other' as const }
      : process.holderId === null
        ? { series: 'alarm' as const, letter: '!' }
        : marked(marks, process.holderId))
  }));
}
