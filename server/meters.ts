import type { NodeFacts } from './core/events';
import type { INodeMeters, IProcesses } from './daemon/ports';
import type { IHostFiles } from './host/files';
import { readMemoryPressure } from './host/pressure';
import { isAlive, readProcess, readUserId } from './host/processes';
import { NodeUsage } from './host/usage';

/** The readers of this machine, as the daemon wants them. */
export function hostMeters(
  files: IHostFiles,
  node: NodeFacts
): { readonly processes: IProcesses; readonly meters: INodeMeters } {
  const cpus = node.cpus.map(it => it.id);
  const usage = new NodeUsage(files, cpus, node.memoryBytes);
  return {
    processes: {
      find: pid => {
        const facts = readProcess(files, pid);
        return facts && isAlive(files, facts) ? facts : null;
      },
      userOf: pid => readUserId(files, pid)
    },
    meters: {
      node: async () => {
        const use = await usage.measure();
        return use && { ...use, memoryPressure: readMemoryPressure(files) };
      },
      gpus: () => []
    }
  };
}
