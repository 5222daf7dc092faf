import { readOrNull, type IHostFiles } from './files';
import { readUserId } from './processes';

/**
 * Names of users by the files of this machine.
 *
 * #### Notes
 * /etc/passwd is read again for a number that it did not have before: somebody
 * may have been added. A user that only a directory service knows is named by
 * the number.
 */
export class UserNames {
  private names: ReadonlyMap<number, string> = new Map();
  private readonly nameless = new Set<number>();

  constructor(private readonly files: IHostFiles) {}

  /** The user whose a process is; null where there is no such process here. */
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
