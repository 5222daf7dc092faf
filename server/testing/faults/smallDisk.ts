import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';

import { textOf } from '../sidecar';

const SIZE_KIB = 256;

/**
 * A disk that can be filled: a small file system over one directory, seen only
 * by the processes that are started through it.
 *
 * #### Notes
 * In a mount namespace of its own, which ends with {@link child}; the mounts of
 * this machine stay as they are.
 */
export class SmallDisk {
  /** The directory's file system as other processes reach it. */
  readonly root: string;
  /** A command that becomes the one behind it, on this disk. */
  readonly through: readonly string[];
  private readonly filler: string;

  private constructor(
    readonly child: ChildProcess,
    dir: string
  ) {
    this.root = `/proc/${child.pid}/root`;
    this.through = ['nsenter', `--mount=/proc/${child.pid}/ns/mnt`];
    this.filler = `${this.root}${dir}/filler`;
  }

  /** Make one, mounted with these options; null where a user may not, or the tools are missing. */
  static async over(dir: string, options = `size=${SIZE_KIB}k`): Promise<SmallDisk | null> {
    const script = `mount -t tmpfs -o ${options},mode=700 tmpfs "$0" && echo up && exec sleep 86400`;
    const child = spawn('unshare', ['--mount', 'sh', '-c', script, dir], {
      stdio: ['ignore', 'pipe', 'ignore']
    });
    child.on('error', () => undefined); // told by the end of its output
    const isUp = await Promise.race([firstOf(child.stdout), textOf(child.stdout)]);
    return isUp.trim() === 'up' ? new SmallDisk(child, dir) : null;
  }

  /** Leave no byte free. */
  fill(): void {
    const file = openSync(this.filler, 'a');
    try {
      fillWith(file, Buffer.alloc(4096));
    } finally {
      closeSync(file);
    }
  }

  /** Give the room back. */
  free(): void {
    rmSync(this.filler, { force: true });
  }
}

function firstOf(stream: Readable): Promise<string> {
  return new Promise(resolve => stream.once('data', chunk => resolve(String(chunk))));
}

function fillWith(file: number, bytes: Buffer): void {
  try {
    for (;;) {
      writeSync(file, bytes);
    }
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'ENOSPC') {
      throw failure;
    }
  }
}
