import type { DeviceNode, GpuDevice } from '../../host/gpuDevices';

/**
 * Keeps holders from opening GPUs that they were not granted (ENF7).
 *
 * #### Notes
 * One implementation per cgroup version; each works on a holder's directory
 * that an enforcer created. It blocks future opens of a device file; a file that
 * is open stays open. Throws only `EnforcementError`; a failed call may have
 * blocked more than was requested, never less than was blocked before.
 */
export interface IFence {
  /**
   * Let the processes in a holder's directory open only these GPUs, by UUID;
   * null for all. Repeating the last call writes nothing.
   */
  set(holderId: string, directory: string, gpus: readonly string[] | null): void;

  /** Forget what was written for a holder: its directory was removed or replaced. */
  forget(holderId: string): void;

  /** All holders were released; leave nothing behind. */
  close(): void;
}

/** The device files to block when only these GPUs may be opened, each once; null for none. */
export function shutNodes(
  devices: readonly GpuDevice[],
  gpus: readonly string[] | null
): readonly DeviceNode[] {
  const open = new Set<string>();
  for (const { uuid, nodes } of devices) {
    gpus?.includes(uuid) && nodes.forEach(node => open.add(nameOf(node)));
  }
  return gpus === null ? [] : allNodes(devices).filter(node => !open.has(nameOf(node)));
}

/** The device files of all GPUs, each once: slices share the file of their GPU. */
export function allNodes(devices: readonly GpuDevice[]): readonly DeviceNode[] {
  const nodes = devices.flatMap(it => it.nodes);
  return [...new Map(nodes.map(node => [nameOf(node), node])).values()];
}

/** A device file by its numbers, as the kernel writes them. */
export function nameOf({ major, minor }: DeviceNode): string {
  return `${major}:${minor}`;
}
