import type { GpuDevice } from '../../host/gpuDevices';
import type { IDevicePrograms } from './devicePrograms';
import { nameOf, shutNodes, type IFence } from './fence';
import { fenceObject } from './fenceProgram';

/**
 * Device programs on the directories of cgroup version 2.
 *
 * #### Notes
 * The kernel runs every program from a directory upwards, so a holder's program
 * can only restrict. It is removed with its directory.
 */
export class FenceV2 implements IFence {
  /** By holder: the blocked files, as one text. */
  private readonly written = new Map<string, string>();

  constructor(
    private readonly programs: IDevicePrograms,
    private readonly devices: readonly GpuDevice[]
  ) {}

  set(holderId: string, directory: string, gpus: readonly string[] | null): void {
    const shut = shutNodes(this.devices, gpus);
    const text = shut.map(nameOf).join(' ');
    if (this.written.get(holderId) !== text) {
      this.written.delete(holderId);
      this.programs.replace(directory, shut.length > 0 ? fenceObject(shut) : null);
      this.written.set(holderId, text);
    }
  }

  forget(holderId: string): void {
    this.written.delete(holderId);
  }

  close(): void {
    this.programs.close();
  }
}
