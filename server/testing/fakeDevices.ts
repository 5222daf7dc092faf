import { V1 } from '../host/cgroupfs';
import { BPF } from '../enforce/fence/fenceProgram';
import type { DeviceNode } from '../host/gpuDevices';

/** What the kernel lists where everything is allowed that is not denied. */
export const ALL_DEVICES = 'a *:* rwm';

/** What of a cgroup lets devices through. */
export type DeviceCgroup = {
  readonly files: Map<string, string>;
  readonly parent: DeviceCgroup | null;
  /** Version 1: device files that were denied. */
  readonly denied: Set<string>;
  /** Version 2: object files of the device programs on it. */
  readonly programs: readonly Buffer[];
};

/** Rules of the files of the device controller, version 1 (devices.rst). */
export const DEVICE_RULES: Readonly<Record<string, (cgroup: DeviceCgroup, text: string) => null>> =
  {
    [V1.devicesDeny]: (cgroup, text) => {
      cgroup.files.get(V1.devicesList) === ALL_DEVICES
        ? cgroup.denied.add(text)
        : unlist(cgroup, text);
      return null;
    },
    [V1.devicesAllow]: (cgroup, text) => {
      const list = cgroup.files.get(V1.devicesList)!;
      // Only the very same words take a denial back.
      cgroup.denied.delete(text);
      list === ALL_DEVICES || cgroup.files.set(V1.devicesList, `${list}\n${text}`);
      return null;
    }
  };

function unlist(cgroup: DeviceCgroup, text: string): void {
  const lines = cgroup.files.get(V1.devicesList)!.split('\n');
  cgroup.files.set(V1.devicesList, lines.filter(it => it !== text).join('\n'));
}

/** Whether a process in a cgroup may open a character device: asks the cgroups above, too. */
export function mayOpen(cgroup: DeviceCgroup | null, node: DeviceNode): boolean {
  if (!cgroup) {
    return true;
  }
  const isDenied = cgroup.denied.has(`c ${node.major}:${node.minor} rw`);
  const isLetThrough = cgroup.programs.every(program => runProgram(program, node) !== 0);
  return !isDenied && isLetThrough && mayOpen(cgroup.parent, node);
}

/** Read and write of a character device, as `struct bpf_cgroup_dev_ctx` says it. */
const OPENING = 0x60002;

/** Where the code of an object file begins and ends: its first section that has any. */
function codeOf(object: Buffer): Buffer {
  const header = Number(object.readBigUInt64LE(40)) + object.readUInt16LE(58);
  const start = Number(object.readBigUInt64LE(header + 24));
  return object.subarray(start, start + Number(object.readBigUInt64LE(header + 32)));
}

/** Run a device program of an object file as the kernel does; returns its answer, 0 for a refusal. */
export function runProgram(object: Buffer, node: DeviceNode, access = OPENING): number {
  const code = codeOf(object);
  const context: Readonly<Record<number, number>> = { 0: access, 4: node.major, 8: node.minor };
  const registers = new Array<number>(11).fill(0);
  for (let at = 0; at < code.length; at += 8) {
    const [to, from] = [code[at + 1]! & 15, code[at + 1]! >> 4];
    const [offset, value] = [code.readInt16LE(at + 2), code.readInt32LE(at + 4)];
    switch (code[at]) {
      case BPF.load32:
        registers[to] = context[offset]!;
        break;
      case BPF.copy:
        registers[to] = registers[from]!;
        break;
      case BPF.and:
        registers[to]! &= value;
        break;
      case BPF.shiftRight:
        registers[to]! >>>= value;
        break;
      case BPF.jumpIfNot:
        at += registers[to] === value ? 0 : offset * 8;
        break;
      case BPF.jumpIf:
        at += registers[to] === value ? offset * 8 : 0;
        break;
      case BPF.set:
        registers[to] = value;
        break;
      case BPF.exit:
        return registers[0]!;
      default:
        throw new Error(`the operation ${code[at]} is not known`);
    }
  }
  throw new Error('the program has no end');
}
