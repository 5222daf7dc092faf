import { runProgram } from '../../testing/fakeDevices';
import { fenceInstructions, fenceObject, PROGRAM_NAME } from './fenceProgram';

const SHUT = [
  { major: 195, minor: 0 },
  { major: 195, minor: 7 },
  { major: 236, minor: 31 }
];

/** What is done with which kind of device, as the kernel encodes it (linux/bpf.h). */
const ACCESS = { read: 0x20002, write: 0x40002, make: 0x10002, block: 0x60001 };

describe('the program that fences GPUs', () => {
  const program = fenceObject(SHUT);

  it.each(SHUT)('[ENF7] refuses to read or write %j', node => {
    expect(runProgram(program, node)).toBe(0);
    expect(runProgram(program, node, ACCESS.read)).toBe(0);
    expect(runProgram(program, node, ACCESS.write)).toBe(0);
  });

  it.each([
    ['another minor number', { major: 195, minor: 1 }],
    ['the files that all GPUs share', { major: 195, minor: 255 }],
    ['another major number', { major: 1, minor: 7 }]
  ])('[ENF7] lets %s through', (_, node) => {
    expect(runProgram(program, node)).toBe(1);
  });

  it('lets the file be made, and block devices be used', () => {
    expect(runProgram(program, SHUT[0]!, ACCESS.make)).toBe(1);
    expect(runProgram(program, SHUT[0]!, ACCESS.block)).toBe(1);
  });

  it('lets everything through where nothing is shut', () => {
    expect(runProgram(fenceObject([]), SHUT[0]!)).toBe(1);
  });

  it('is an object file for BPF with one function, whose size grows by four instructions a file', () => {
    expect(program.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(program.readUInt16LE(18)).toBe(247);
    expect(program.toString('latin1')).toContain(
      `\0cgroup/dev\0.symtab\0.strtab\0${PROGRAM_NAME}\0`
    );
    expect(fenceInstructions(SHUT)).toHaveLength((11 + 4 * SHUT.length) * 8);
    // Where the headers of sections begin, and each section's content.
    const at = Number(program.readBigUInt64LE(40));
    expect([at % 8, program.length - at]).toEqual([0, 4 * 64]);
  });
});
