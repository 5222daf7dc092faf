import * as fs from 'node:fs';

/** One thing in an archive; parents come before what is in them. */
export type CpioEntry =
  | { readonly path: string; readonly kind: 'directory' }
  | {
      readonly path: string;
      readonly kind: 'file';
      readonly content: Buffer;
      readonly mode: number;
    };

/** Everything is aligned to 4 bytes in the "newc" format (initramfs documentation of the kernel). */
function padded(part: Buffer): Buffer {
  return Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)]);
}

function record(inode: number, mode: number, name: string, content: Buffer): Buffer {
  const nameBytes = Buffer.from(`${name}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameBytes.length, 0];
  const header = `070701${fields.map(it => it.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), nameBytes])), padded(content)]);
}

/** Pack entries as the kernel wants its first root file system. */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const records = entries.map((entry, at) =>
    entry.kind === 'directory'
      ? record(at + 1, fs.constants.S_IFDIR | 0o755, entry.path, Buffer.alloc(0))
      : record(at + 1, fs.constants.S_IFREG | entry.mode, entry.path, entry.content)
  );
  return Buffer.concat([...records, record(0, 0, 'TRAILER!!!', Buffer.alloc(0))]);
}
