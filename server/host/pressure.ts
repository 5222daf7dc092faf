import { PROC, V2, findHierarchies, withoutLeaf } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';

/**
 * How much work waits for memory.
 *
 * #### Notes
 * In a cgroup of its own with a memory controller the cgroup's figure is used, since
 * the host's would blame this node for its neighbours; a container sees its own cgroup
 * as the root. After a sidecar has moved itself to a leaf, the kernels are not below it.
 */
export class MemoryPressure {
  private readonly paths: readonly string[];

  constructor(private readonly files: IHostFiles) {
    const own = findHierarchies(files).find(
      it => it.version === 2 && it.controllers.includes('memory')
    );
    this.paths = own
      ? [`${withoutLeaf(own.directory)}/${V2.memoryPressure}`, PROC.memoryPressure]
      : [PROC.memoryPressure];
  }

  /** PSI "some avg10", 0 to 100; null if the kernel does not report it. */
  read(): number | null {
    for (const path of this.paths) {
      const match = /^some avg10=(\d+(?:\.\d+)?)/m.exec(readOrNull(this.files, path) ?? '');
      if (match) {
        return Number(match[1]);
      }
    }
    return null;
  }
}
