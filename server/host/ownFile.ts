import * as fs from 'node:fs';

import { errnoOf } from './files';

const { O_NOFOLLOW, O_NONBLOCK } = fs.constants;

/** The directory through which files are reached by descriptor. */
export const IS_LINUX = process.platform === 'linux';

/**
 * Refers to a file without opening it (O_PATH of open(2)), so that a pipe cannot block us and a
 * device is not activated. Node does not export it; it is the same on all platforms of Node.
 */
export const O_PATH = IS_LINUX ? 0o10000000 : 0;

/** A larger file is not ours, in bytes. */
const FILE_BYTES_MAX = 64 * 2 ** 20;

/** The text of a file, null if there is none; throws if a sidecar cannot have written it. */
export function readOwn(path: string): string | null {
  let file: number | null = null;
  try {
    file = fs.openSync(path, O_PATH | O_NOFOLLOW | O_NONBLOCK);
    const why = whyNotOurs(fs.fstatSync(file));
    if (why) {
      throw new Error(why);
    }
    return fs.readFileSync(IS_LINUX ? `/proc/self/fd/${file}` : path, 'utf8');
  } catch (failure) {
    const errno = errnoOf(failure);
    if (errno === 'ENOENT') {
      return null;
    }
    throw errno === 'EUNKNOWN' ? failure : new Error(`it cannot be read (${errno})`);
  } finally {
    file !== null && fs.closeSync(file);
  }
}

/** Why a sidecar cannot have written a file of any size; null if it may have. */
export function whyForeign(facts: fs.Stats): string | null {
  if (!facts.isFile()) {
    return facts.isSymbolicLink() ? 'it is a link' : 'it is not a regular file';
  }
  if (![0, process.getuid?.() ?? 0].includes(facts.uid)) {
    return `it belongs to user ${facts.uid}`;
  }
  return null;
}

/** Why others may have written a file, or may read it; null if they cannot. */
export function whyShared({ nlink, mode }: fs.Stats): string | null {
  if (nlink !== 1) {
    return 'it has another name';
  }
  return (mode & 0o077) === 0 ? null : 'others may open it';
}

/** Why a sidecar cannot have written a file; null if it may have. */
export function whyNotOurs(facts: fs.Stats): string | null {
  const why = whyForeign(facts);
  if (why) {
    return why;
  }
  return facts.size > FILE_BYTES_MAX ? `it is larger than ${FILE_BYTES_MAX} bytes` : null;
}

/** Ignore that a file is absent. */
export function unlessAbsent(failure: unknown): void {
  if (errnoOf(failure) !== 'ENOENT') {
    throw failure;
  }
}

/** Remove a file; does nothing if there is none. */
export function removeFile(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (failure) {
    unlessAbsent(failure);
  }
}
