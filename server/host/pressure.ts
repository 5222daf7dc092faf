import { PROC, V2, findHierarchies, withoutLeaf } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';

/**
 * How much work waits for memory: PSI "some avg10", 0 to 100; null where the
 * kernel does not tell.
 *
 * #### Notes
 * In a cgroup of its own with a memory controller the own figure counts, since
 * the host's would blame this node for its neighbours; a container sees its own
 * as the root. Where a sidecar has moved itself aside, the kernels are not below it.
 */
export function readMemoryPressure(files: IHostFiles): number | null {
  const own = findHierarchies(files).find(
    it => it.version === 2 && it.controllers.includes('memory')
  );
  const text =
    (own ? readOrNull(files, `${withoutLeaf(own.directory)}/${V2.memoryPressure}`) : null) ??
    readOrNull(files, PROC.memoryPressure);
  const match = /^some avg10=(\d+(?:\.\d+)?)/m.exec(text ?? '');
  return match ? Number(match[1]) : null;
}
