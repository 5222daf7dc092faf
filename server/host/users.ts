import { readOrNull, type IHostFiles } from './files';
import { readUserId } from './processes';

/**
 * Resolves user names from the files of this machine.
 *
 * #### Notes
 * /etc/passwd is read again for an unknown id: a user may have been added
 * meanwhile. A user that only a directory service knows is named by
 * the id.
 */
export class UserNames {
  private names: ReadonlyMap<number, string> = new Map();
  private readonly nameless = new Set<number>();

  constructor(private readonly files: IHostFiles) {}

  /** The user of a process; null if there is no such process here. */
  ownerOf(pid: number): string | null {
    const uid = readUserId(this.files, pid);
    return uid === null ? null : this.nameOf(uid);
  }

  private nameOf(uid: number): string {
    if (!this.names.has(uid) && !this.nameless.has(uid)) {
      this.names = readNames(this.files);
      this.names.has(uid) || this.nameless.add(uid);
    }
    return this.names.get(uid) ?? String(uid);
  }
}

function readNames(files: IHostFiles): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of (readOrNull(files, '/etc/passwd') ?? '').split('\n')) {
    const [name, , uid] = line.split(':');
    if (name && uid && !names.has(Number(uid))) {
      names.set(Number(uid), name);
    }
  }
  return names;
}
