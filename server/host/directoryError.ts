import { errnoOf } from './files';

/** What to do about an errno, if there is better advice than another directory. */
const REMEDIES: Readonly<Record<string, string>> = {
  EROFS: 'mount its file system for writing',
  ENOSPC: 'free space or inodes on its file system',
  EDQUOT: 'free some of the quota of its owner',
  EACCES: 'let this user write there',
  EPERM: 'let this user write there',
  EISDIR: 'remove that directory',
  EADDRINUSE: 'remove what is there',
  ELOOP: 'remove that link',
  ENXIO: 'remove that pipe or socket'
};

/** A directory that cannot be used; the message says why and what to do. */
export class DirectoryError extends Error {
  /** What the host refused there, as a sentence; a {@link DirectoryError} is returned as is. */
  static of(what: string, refusal: unknown): DirectoryError {
    if (refusal instanceof DirectoryError) {
      return refusal;
    }
    const errno = errnoOf(refusal);
    const remedy = REMEDIES[errno];
    const advice = `${remedy ? `${remedy}, or ` : ''}name another directory with --dir`;
    return new DirectoryError(`${what} cannot be used (${errno}): ${advice}`);
  }
}

/** Run an operation; if the host refuses this path, throw a {@link DirectoryError}. */
export function refusing<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (failure) {
    throw DirectoryError.of(what, failure);
  }
}
