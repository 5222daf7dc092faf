import { V1 } from '../../host/cgroupfs';
import type { IHostFiles } from '../../host/files';
import type { GpuDevice } from '../../host/gpuDevices';
import { EnforcementError } from '../enforcer';
import { attempt } from '../failures';
import { allNodes, nameOf, shutNodes, type IFence } from './fence';

/**
 * The device controller of cgroup version 1.
 *
 * #### Notes
 * If everything is allowed that is not denied, the kernel lifts a denial
 * only by the same rule (devices.rst), so each file is denied separately.
 * Reading and writing are denied; creating the file is not, because nvidia-modprobe
 * does that for everyone in whichever process first uses CUDA.
 */
export class FenceV1 implements IFence {
  /** By holder: the files that were blocked, or (`false`) allowed. */
  private readonly written = new Map<string, Map<string, boolean>>();

  constructor(
    private readonly files: IHostFiles,
    private readonly devices: readonly GpuDevice[]
  ) {}

  set(holderId: string, directory: string, gpus: readonly string[] | null): void {
    const written = this.written.get(holderId) ?? new Map<string, boolean>();
    this.written.set(holderId, written);
    const shut = new Set(shutNodes(this.devices, gpus).map(nameOf));
    for (const name of allNodes(this.devices).map(nameOf)) {
      const isShut = shut.has(name);
      if (written.get(name) !== isShut) {
        const file = isShut ? V1.devicesDeny : V1.devicesAllow;
        written.delete(name);
        attempt(`${file} of ${holderId}`, () =>
          this.files.write(`${directory}/${file}`, `c ${name} rw`)
        );
        written.set(name, isShut);
      }
    }
  }

  forget(holderId: string): void {
    this.written.delete(holderId);
  }

  close(): void {
    this.written.clear();
  }

  /**
   * Throw if all were denied and some can be opened: with an allow list,
   * as in some containers, a file covered by a wider entry cannot be denied separately.
   */
  mustBeShut(directory: string): void {
    const list = attempt(V1.devicesList, () => this.files.read(`${directory}/${V1.devicesList}`));
    const lines = list.trim().split('\n');
    const isListed = lines[0] !== 'a *:* rwm';
    const shut = allNodes(this.devices).map(it => [`${it.major}:*`, '*:*', nameOf(it)]);
    const opening = lines.find(line => {
      const [type, name, access] = line.split(' ');
      return type !== 'b' && /[rw]/.test(access ?? '') && shut.flat().includes(name!);
    });
    if (isListed && opening !== undefined) {
      throw new EnforcementError(`denying GPUs where "${opening}" is allowed`, 'EEXIST');
    }
  }
}
