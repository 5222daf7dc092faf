import type { NodeFacts } from '../core/events';
import type { IHostFiles } from '../host/files';
import type { GpuMeter } from '../host/gpuMeter';
import { MemoryMeter } from '../host/memoryMeter';
import { MemoryPressure } from '../host/pressure';
import { ENDED_STATES, hasEnded, isAlive, readProcess, readUserId } from '../host/processes';
import { NodeUsage } from '../host/usage';
import type { INodeMeters, IProcesses } from './ports';

/** The processes of this machine. */
export function hostProcesses(files: IHostFiles): IProcesses {
  return readProcess(files, process.pid) ? processesInProc(files) : processesBySignal();
}

function processesInProc(files: IHostFiles): IProcesses {
  return {
    find: pid => {
      const facts = readProcess(files, pid);
      return facts && !ENDED_STATES.includes(facts.state) ? facts : null;
    },
    hasEnded: it => hasEnded(files, it),
    userOf: pid => readUserId(files, pid),
    kill: it => isAlive(files, it) && kill(it.pid)
  };
}

/**
 * Without /proc, all that can be known is whether a process exists that we may
 * signal, hence one of this user; its gate reports 0 ticks.
 */
function processesBySignal(): IProcesses {
  const self = process.getuid?.() ?? 0;
  const lives = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false; // gone, or another user's
    }
  };
  return {
    find: pid => (lives(pid) ? { startTicks: 0, parentPid: 0 } : null),
    hasEnded: ({ pid }) => !lives(pid),
    userOf: pid => (lives(pid) ? self : null),
    kill: ({ pid }) => kill(pid)
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

/** The meters of this machine. */
export function hostMeters(
  files: IHostFiles,
  node: NodeFacts,
  gpus: Pick<GpuMeter, 'measure'>
): INodeMeters {
  const cpus = node.cpus.map(it => it.id);
  const memory = new MemoryMeter(files);
  const usage = new NodeUsage(files, cpus, memory);
  const pressure = new MemoryPressure(files);
  return {
    node: async () => {
      const use = await usage.measure();
      return use && { ...use, memoryPressure: pressure.read() };
    },
    memory: () => memory.read(),
    gpus: () => gpus.measure()
  };
}
