import type { DeviceNode } from '../../host/gpuDevices';

/*
 * A program for the kernel's BPF machine (RFC 9669) that refuses to open device
 * files, in an object file as loaded by libbpf and bpftool (System V ABI, ELF).
 */

/** The program's name as bpftool reports it. */
export const PROGRAM_NAME = 'gpu_fence';

/** The section name that marks a cgroup device program (libbpf, program types). */
const SECTION = 'cgroup/dev';

/** The BPF operations that the program uses. */
export const BPF = {
  load32: 0x61,
  copy: 0xbf,
  and: 0x57,
  shiftRight: 0x77,
  jumpIfNot: 0x55,
  jumpIf: 0x15,
  set: 0xb7,
  exit: 0x95
} as const;

/** `struct bpf_cgroup_dev_ctx` of linux/bpf.h: the offsets of its fields, and their values. */
const CONTEXT = { access: 0, major: 4, minor: 8 } as const;
const CHARACTER_DEVICE = 2;
const READ_OR_WRITE = 2 | 4;

/** Size in bytes of one instruction, one symbol, and one section or file header. */
const INSTRUCTION_BYTES = 8;
const SYMBOL_BYTES = 24;
const HEADER_BYTES = 64;

type Operands = {
  readonly to?: number;
  readonly from?: number;
  /** How many instructions to skip, or the offset in the context to read. */
  readonly offset?: number;
  readonly value?: number;
};

function instruction(operation: number, operands: Operands = {}): Buffer {
  const { to = 0, from = 0, offset = 0, value = 0 } = operands;
  const bytes = Buffer.alloc(INSTRUCTION_BYTES);
  bytes.writeUInt8(operation, 0);
  bytes.writeUInt8((from << 4) | to, 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(value, 4);
  return bytes;
}

/** Returns 0, which denies, if major and minor number (registers 4 and 5) are these. */
function refusal({ major, minor }: DeviceNode): readonly Buffer[] {
  return [
    instruction(BPF.jumpIfNot, { to: 4, value: major, offset: 3 }),
    instruction(BPF.jumpIfNot, { to: 5, value: minor, offset: 2 }),
    instruction(BPF.set, { to: 0, value: 0 }),
    instruction(BPF.exit)
  ];
}

/** The instructions: reading and writing these files is denied, everything else is allowed. */
export function fenceInstructions(shut: readonly DeviceNode[]): Buffer {
  const refusals = shut.flatMap(refusal);
  return Buffer.concat([
    instruction(BPF.load32, { to: 2, from: 1, offset: CONTEXT.access }),
    instruction(BPF.load32, { to: 4, from: 1, offset: CONTEXT.major }),
    instruction(BPF.load32, { to: 5, from: 1, offset: CONTEXT.minor }),
    // The lower half is the device type, the upper half the access.
    instruction(BPF.copy, { to: 3, from: 2 }),
    instruction(BPF.and, { to: 3, value: 0xffff }),
    instruction(BPF.jumpIfNot, { to: 3, value: CHARACTER_DEVICE, offset: refusals.length + 3 }),
    instruction(BPF.shiftRight, { to: 2, value: 16 }),
    instruction(BPF.and, { to: 2, value: READ_OR_WRITE }),
    instruction(BPF.jumpIf, { to: 2, value: 0, offset: refusals.length }),
    ...refusals,
    instruction(BPF.set, { to: 0, value: 1 }),
    instruction(BPF.exit)
  ]);
}

type Section = {
  readonly name: string;
  readonly type: number;
  readonly flags?: number;
  /** Of a symbol table: the section of its names, and the index of the first global symbol. */
  readonly link?: number;
  readonly info?: number;
  readonly content: Buffer;
  readonly entryBytes?: number;
};

/** The offset of a string in a table of zero-terminated strings. */
function placeIn(texts: Buffer, text: string): number {
  return texts.indexOf(`\0${text}\0`) + 1;
}

function sectionHeader(section: Section, names: Buffer, offset: number): Buffer {
  const { name, type, flags = 0, link = 0, info = 0, content, entryBytes = 0 } = section;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(placeIn(names, name), 0);
  header.writeUInt32LE(type, 4);
  header.writeBigUInt64LE(BigInt(flags), 8);
  header.writeBigUInt64LE(BigInt(offset), 24);
  header.writeBigUInt64LE(BigInt(content.length), 32);
  header.writeUInt32LE(link, 40);
  header.writeUInt32LE(info, 44);
  header.writeBigUInt64LE(8n, 48);
  header.writeBigUInt64LE(BigInt(entryBytes), 56);
  return header;
}

/** A relocatable 64-bit little-endian object for BPF (247). */
function fileHeader(sectionsAt: number, sections: number, namesIn: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(1, 16);
  header.writeUInt16LE(247, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(sectionsAt), 40);
  header.writeUInt16LE(HEADER_BYTES, 52);
  header.writeUInt16LE(HEADER_BYTES, 58);
  header.writeUInt16LE(sections, 60);
  header.writeUInt16LE(namesIn, 62);
  return header;
}

/** The only symbol, after the empty one that starts every table: a global function. */
function symbols(names: Buffer, codeBytes: number): Buffer {
  const table = Buffer.alloc(2 * SYMBOL_BYTES);
  table.writeUInt32LE(placeIn(names, PROGRAM_NAME), SYMBOL_BYTES);
  table.writeUInt8(0x12, SYMBOL_BYTES + 4);
  table.writeUInt16LE(1, SYMBOL_BYTES + 6);
  table.writeBigUInt64LE(BigInt(codeBytes), SYMBOL_BYTES + 16);
  return table;
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc(-content.length & 7)]);
}

/**
 * An object file of one device program, which denies opening these device files
 * and allows everything else.
 *
 * #### Notes
 * Every machine that NVIDIA's driver supports is little-endian.
 */
export function fenceObject(shut: readonly DeviceNode[]): Buffer {
  const code = fenceInstructions(shut);
  const names = padded(Buffer.from(`\0${SECTION}\0.symtab\0.strtab\0${PROGRAM_NAME}\0`));
  const sections: readonly Section[] = [
    { name: SECTION, type: 1, flags: 6, content: code },
    {
      name: '.symtab',
      type: 2,
      link: 3,
      info: 1,
      content: symbols(names, code.length),
      entryBytes: SYMBOL_BYTES
    },
    { name: '.strtab', type: 3, content: names }
  ];
  // The first header describes no section.
  const headers = [Buffer.alloc(HEADER_BYTES)];
  let end = HEADER_BYTES;
  for (const section of sections) {
    headers.push(sectionHeader(section, names, end));
    end += section.content.length;
  }
  const file = fileHeader(end, headers.length, headers.length - 1);
  return Buffer.concat([file, ...sections.map(it => it.content), ...headers]);
}
