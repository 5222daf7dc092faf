import * as fs from 'node:fs';
import { unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { DirectoryError, refusing } from './directoryError';
import { errnoOf } from './files';
import { IS_LINUX, O_PATH, readOwn, removeFile, unlessAbsent } from './ownFile';
import { checkOwner, checkUnshared, identityOf } from './ownWay';

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = fs.constants;

/** For this user alone, and through nothing that is there already. */
const ANEW = { mode: 0o600, flag: 'wx' } as const;

/** What the sidecar keeps in its directory, by name. */
export interface IOwnFiles {
  /** By which it is told from any other directory of this machine, as long as it is open. */
  readonly identity: string;
  /** Its owner and where it was when it was opened: the same for one that is made anew there. */
  readonly lineage: string;
  /** As it was named. */
  readonly path: string;
  /** To hand to programs that are to reach what is in it. */
  readonly descriptor: number;

  /** A JSON value, through `parse`, which throws where it is malformed; null for nothing. */
  load<T>(name: string, parse: (value: unknown) => T): T | null;
  /** Replace a file, whole or not at all. Throws errors with an errno as `code`. */
  replace(name: string, data: string | Buffer): void;
  /** Remove a file; nothing happens where there is none. Throws as above. */
  remove(name: string): void;
  has(name: string): boolean;
}

type Opened = Pick<IOwnFiles, 'descriptor' | 'identity' | 'lineage'> & { readonly uid: number };

/**
 * The directory that a sidecar lives in: opened once, and reached through that alone (SEC4).
 *
 * #### Notes
 * Node has no openat(2), but `/proc/self/fd/N/name` is the same: it begins at the directory
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
   * Open a directory, made if need be, for its owner alone (0700). Throws {@link DirectoryError}.
   *
   * #### Notes
   * It belongs to whoever runs this process; or, where that is root, to another user, and then
   * nobody but these two can lead its path elsewhere.
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

  /** Its owner: whose kernels may register. */
  get uid(): number {
    return this.opened.uid;
  }

  /** Keep in the other one from now on, which is at the same path by now; this one stays open. */
  become(other: OwnDirectory): void {
    this.opened = other.opened;
  }

  /** A name in it as a path that this process reaches it by. */
  at(name: string): string {
    return join(IS_LINUX ? `/proc/self/fd/${this.descriptor}` : this.path, name);
  }

  /** A name in it as a person knows it. */
  named(name: string): string {
    return join(this.path, name);
  }

  /** Say what is wrong with a name in it. */
  complain(name: string, sentence: string): void {
    this.tell(`${this.named(name)} ${sentence}`);
  }

  /** Whether its path still leads to it; true where that cannot be told. */
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

  /** Whether a name in it is a socket's, and no link. */
  isSocket(name: string): boolean {
    return fs.lstatSync(this.at(name), { throwIfNoEntry: false })?.isSocket() ?? false;
  }

  replace(name: string, data: string | Buffer): void {
    const [draft, path] = [this.at(`${name}.now`), this.at(name)];
    removeFile(draft);
    fs.writeFileSync(draft, data, ANEW);
    fs.renameSync(draft, path);
  }

  /** Write a draft in the background; what this resolves to puts it into the place of the file. */
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
   * Let its owner have a socket that this process has just made in it. Throws where that owner has
   * put another thing in its place.
   *
   * #### Notes
   * By what was opened and looked at, not by its name: a second name of a file of root's would
   * make that theirs. A socket with one name is one of root's only where root made it here.
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
      fs.chownSync(`/proc/self/fd/${socket}`, this.uid, -1);
    } finally {
      fs.closeSync(socket);
    }
  }

  /** Let a name in it lead to a path. Throws as `remove` does, also where the name is taken. */
  lead(name: string, path: string): void {
    fs.symlinkSync(path, this.at(name));
  }

  /** Open a file that is there to be locked, made if need be. Throws {@link DirectoryError}. */
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
