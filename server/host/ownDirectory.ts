import * as fs from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { DirectoryError, refusing } from './directoryError';
import { errnoOf } from './files';
import { IS_LINUX, O_PATH, readOwn, removeFile, unlessAbsent } from './ownFile';
import { checkOwner, checkUnshared, identityOf } from './ownWay';

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = fs.constants;

/** Accessible to this user only; existing files are not followed or opened. */
const ANEW = { mode: 0o600, flag: 'wx' } as const;

/** The files that the sidecar keeps in its directory, by name. */
export interface IOwnFiles {
  /** Distinguishes it from every other directory of this machine while it is open. */
  readonly identity: string;
  /** Its owner and its path when it was opened: unchanged if it is recreated there. */
  readonly lineage: string;
  /** The path as it was given. */
  readonly path: string;
  /** For programs that need access to its contents. */
  readonly descriptor: number;

  /** A JSON value, through `parse`, which throws if it is malformed; null if there is no file. */
  load<T>(name: string, parse: (value: unknown) => T): T | null;
  /** Replace a file atomically. Throws errors with an errno as `code`. */
  replace(name: string, data: string | Buffer): void;
  /** Remove a file; does nothing if there is none. Throws as above. */
  remove(name: string): void;
  has(name: string): boolean;
}

type Opened = Pick<IOwnFiles, 'descriptor' | 'identity' | 'lineage'> & { readonly uid: number };

/**
 * The directory that a sidecar uses: opened once, and accessed only through that descriptor (SEC4).
 *
 * #### Notes
 * Node has no openat(2), but `/proc/self/fd/N/name` is equivalent: it starts at the directory
 * that was opened, wherever its path leads by now. A sidecar of root may serve a directory of
 * another user, who can replace everything in it, and the directory itself, at any moment.
 */
export class OwnDirectory implements IOwnFiles {
  private constructor(
    readonly path: string,
    private opened: Opened,
    private readonly tell: (sentence: string) => void
  ) {}

  /**
   * Open a directory for its owner alone (0700), creating it if needed. Throws {@link DirectoryError}.
   *
   * #### Notes
   * It belongs to the user that runs this process; or, if that is root, to another user, and then
   * only these two can redirect its path.
   */
  static open(named: string, tell: (sentence: string) => void): OwnDirectory {
    const path = resolve(named);
    const descriptor = openAt(path);
    try {
      const facts = fs.fstatSync(descriptor);
      checkOwner(path, facts);
      const own = IS_LINUX ? `/proc/self/fd/${descriptor}` : path;
      checkUnshared(path, own, facts);
      const lineage = `${facts.uid}:${IS_LINUX ? fs.readlinkSync(own) : path}`;
      if ((facts.mode & 0o777) !== 0o700) {
        refusing(path, () => fs.chmodSync(own, 0o700));
      }
      const { uid } = facts;
      return new OwnDirectory(
        path,
        { descriptor, uid, identity: identityOf(facts), lineage },
        tell
      );
    } catch (failure) {
      fs.closeSync(descriptor);
      throw failure;
    }
  }

  get descriptor(): number {
    return this.opened.descriptor;
  }

  get identity(): string {
    return this.opened.identity;
  }

  get lineage(): string {
    return this.opened.lineage;
  }

  /** Its owner: the user whose kernels may register. */
  get uid(): number {
    return this.opened.uid;
  }

  /** Switch to another directory, which is at the same path by now; this one stays open. */
  become(other: OwnDirectory): void {
    this.opened = other.opened;
  }

  /** The path by which this process reaches a name in it. */
  at(name: string): string {
    return join(IS_LINUX ? `/proc/self/fd/${this.descriptor}` : this.path, name);
  }

  /** The path of a name in it, for people. */
  named(name: string): string {
    return join(this.path, name);
  }

  /** Describe what is wrong with a name in it. */
  complain(name: string, sentence: string): void {
    this.tell(`${this.named(name)} ${sentence}`);
  }

  /** Whether its path still leads to it; true if unknown. */
  isInPlace(): boolean {
    try {
      return identityOf(fs.lstatSync(this.path)) === this.identity;
    } catch (failure) {
      return !['ENOENT', 'ENOTDIR'].includes(errnoOf(failure));
    }
  }

  load<T>(name: string, parse: (value: unknown) => T): T | null {
    try {
      const text = readOwn(this.at(name));
      return text === null ? null : parse(JSON.parse(text));
    } catch (failure) {
      const why = failure instanceof Error ? failure.message : String(failure);
      this.complain(name, `is ignored: ${why}`);
      return null;
    }
  }

  has(name: string): boolean {
    return fs.existsSync(this.at(name));
  }

  /** Whether a name in it is a socket, and not a link. */
  isSocket(name: string): boolean {
    return fs.lstatSync(this.at(name), { throwIfNoEntry: false })?.isSocket() ?? false;
  }

  replace(name: string, data: string | Buffer): void {
    const [draft, path] = [this.at(`${name}.now`), this.at(name)];
    removeFile(draft);
    fs.writeFileSync(draft, data, ANEW);
    fs.renameSync(draft, path);
  }

  /** Write a draft in the background; calling the result renames it over the file. */
  async draft(name: string, data: string): Promise<() => void> {
    const [draft, path] = [this.at(`${name}.new`), this.at(name)];
    await unlink(draft).catch(unlessAbsent);
    await writeFile(draft, data, ANEW);
    return () => fs.renameSync(draft, path);
  }

  remove(name: string): void {
    removeFile(this.at(name));
  }

  /**
   * Give its owner a socket that this process has just created in it. Throws if that owner has
   * put something else in its place.
   *
   * #### Notes
   * By the descriptor that was checked, not by name: a hard link to a file of root would
   * hand that file over. A socket with one link belongs to root only if root created it here.
   */
  giveSocket(name: string): void {
    if (!IS_LINUX) {
      fs.lchownSync(this.at(name), this.uid, -1);
      return;
    }
    const socket = fs.openSync(this.at(name), O_PATH | O_NOFOLLOW);
    try {
      const facts = fs.fstatSync(socket);
      if (!facts.isSocket() || facts.nlink !== 1) {
        throw new DirectoryError(`${this.named(name)} is not the socket that was made there`);
      }
      const path = `/proc/self/fd/${socket}`;
      fs.chmodSync(path, 0o600);
      fs.chownSync(path, this.uid, -1);
    } finally {
      fs.closeSync(socket);
    }
  }

  /** Make a name in it a link to a path. Throws as `remove` does, also if the name is taken. */
  lead(name: string, path: string): void {
    fs.symlinkSync(path, this.at(name));
  }

  /** Open a file there for locking, creating it if needed. Throws {@link DirectoryError}. */
  openLock(name: string): number {
    const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
    const lock = refusing(this.named(name), () => fs.openSync(this.at(name), flags, 0o600));
    if (!fs.fstatSync(lock).isFile()) {
      fs.closeSync(lock);
      throw new DirectoryError(`${this.named(name)} is not a regular file: remove it`);
    }
    return lock;
  }
}

function openAt(path: string): number {
  return refusing(path, () => {
    if (!fs.existsSync(path)) {
      fs.mkdirSync(path, { recursive: true, mode: 0o700 });
    }
    try {
      return fs.openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    } catch (failure) {
      if (!['ENOTDIR', 'ELOOP'].includes(errnoOf(failure))) {
        throw failure;
      }
      throw new DirectoryError(
        `${path} is not a directory, or is a link; name another one with --dir`
      );
    }
  });
}
