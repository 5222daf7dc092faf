import { constants, fsyncSync, closeSync, openSync, renameSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

import { DirectoryError } from './directoryError';
import type { OwnDirectory } from './ownDirectory';
import { readOwn, whyNotOurs, whyShared } from './ownFile';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/**
 * A file of lines in the sidecar's directory, to which only the sidecar appends.
 *
 * #### Notes
 * This is the one file that it opens for writing where it exists (SEC4). So the file is checked once it is
 * open: a link, a pipe, a second name of another file, or a file of another user is refused.
 * At its bound it is renamed over the previous one, and begins anew.
 */
export class OwnLog {
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly directory: OwnDirectory,
    private readonly names: { readonly current: string; readonly previous: string },
    /** How long a file may be, in bytes. */
    private readonly bytesMax: number
  ) {}

  /**
   * Append a line; resolves when it is on the disk. Rejects with {@link DirectoryError}, or an error with
   * an errno as `code`, and leaves nothing of the line then.
   */
  append(line: string): Promise<void> {
    const written = this.last.then(() => this.write(Buffer.from(`${line}\n`)));
    this.last = written.catch(() => undefined);
    return written;
  }

  /** All lines that there are, oldest first. Throws where a file cannot be this log. */
  read(): readonly string[] {
    const { previous, current } = this.names;
    return [previous, current].flatMap(name => {
      const text = readOwn(this.directory.at(name)) ?? '';
      return text.split('\n').filter(line => line !== '');
    });
  }

  private async write(line: Buffer): Promise<void> {
    const file = await this.open();
    const { size } = await file.stat();
    if (size > 0 && size + line.length > this.bytesMax) {
      await file.close();
      const { current, previous } = this.names;
      renameSync(this.directory.at(current), this.directory.at(previous));
      return this.write(line);
    }
    try {
      await appendAll(file, size, line);
    } finally {
      await file.close();
    }
    size === 0 && this.keepName();
  }

  private async open(): Promise<FileHandle> {
    const { current } = this.names;
    const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    const file = await open(this.directory.at(current), flags, 0o600);
    const facts = await file.stat();
    const why = whyNotOurs(facts) ?? whyShared(facts);
    if (why) {
      await file.close();
      throw new DirectoryError(`${this.directory.named(current)} is not used: ${why}`);
    }
    return file;
  }

  /** A new name outlives a crash of the machine only once its directory is on the disk, too. */
  private keepName(): void {
    const directory = openSync(this.directory.at('.'), O_RDONLY | O_DIRECTORY);
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }
}

/** Append bytes, on a line of their own, or nothing. */
async function appendAll(file: FileHandle, size: number, line: Buffer): Promise<void> {
  // A crash of the machine may have left half of a line.
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
  const isOpen = size > 0 && buffer.toString() !== '\n';
  try {
    await file.appendFile(isOpen ? Buffer.concat([Buffer.from('\n'), line]) : line);
    await file.sync();
  } catch (failure) {
    await file.truncate(size);
    throw failure;
  }
}
