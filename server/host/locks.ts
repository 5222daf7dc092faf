import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';

/**
 * Take the lock of an open file, which it has until it is closed here, however this process
 * ends; false where another one has it, null where that cannot be told.
 *
 * #### Notes
 * Node has no flock(2). The lock is the open file's, so it outlives the command that takes it.
 */
export function lockFile(descriptor: number, waitS = 0): boolean | null {
  const patience = waitS > 0 ? ['-w', `${waitS}`] : ['-n'];
  const { status } = spawnSync('flock', ['-x', ...patience, '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor]
  });
  return status === 0 ? true : status === 1 ? false : null;
}

/** Holds a directory for the life of this process; null where another one has it, or that cannot be told. */
export type LockDirectory = (directory: string, waitS: number) => (() => void) | null;

/**
 * Hold a directory of this user's; the result lets go of it.
 *
 * #### Notes
 * Whoever sees the same file system sees the lock, in whichever container; it tells for sure
 * whether a process that held the directory has ended.
 */
export const lockDirectory: LockDirectory = (directory, waitS) => {
  let descriptor: number;
  try {
    descriptor = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  } catch {
    return null; // gone meanwhile, or not for us to look into
  }
  const isOwn = fs.fstatSync(descriptor).uid === (process.getuid?.() ?? 0);
  if (isOwn && lockFile(descriptor, waitS)) {
    return () => fs.closeSync(descriptor);
  }
  fs.closeSync(descriptor);
  return null;
};
