import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';

/**
 * Lock an open file; the lock is held until the file is closed here, however this process
 * ends. False if another process holds it, null if that cannot be determined.
 *
 * #### Notes
 * Node has no flock(2). The lock belongs to the open file, so it outlives the command that takes it.
 */
export function lockFile(descriptor: number, waitS = 0): boolean | null {
  const patience = waitS > 0 ? ['-w', `${waitS}`] : ['-n'];
  const { status } = spawnSync('flock', ['-x', ...patience, '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor]
  });
  return status === 0 ? true : status === 1 ? false : null;
}

/** Locks a directory for the life of this process; null if another has it, or if that is unknown. */
export type LockDirectory = (directory: string, waitS: number) => (() => void) | null;

/**
 * Lock a directory of this user; the result releases it.
 *
 * #### Notes
 * Every process on the same file system sees the lock, in any container; it shows reliably
 * whether a process that locked the directory has ended.
 */
export const lockDirectory: LockDirectory = (directory, waitS) => {
  let descriptor: number;
  try {
    descriptor = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  } catch {
    return null; // removed meanwhile, or not accessible to us
  }
  const isOwn = fs.fstatSync(descriptor).uid === (process.getuid?.() ?? 0);
  if (isOwn && lockFile(descriptor, waitS)) {
    return () => fs.closeSync(descriptor);
  }
  fs.closeSync(descriptor);
  return null;
};
