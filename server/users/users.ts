import { chownSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { openInstance, type Instance } from '../daemon/instance';
import type { Log } from '../daemon/ports';
import { StateFile } from '../daemon/stateFile';
import { DirectoryError, refusing } from '../host/directoryError';
import type { OwnDirectory } from '../host/ownDirectory';
import type { Caller } from '../protocol/caller';

/** A user of this machine, as its directory service reports it. */
export type UnixUser = {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  /** The names of the user's groups. */
  readonly groups: readonly string[];
};

const USER = z.object({
  uid: z.int().min(0),
  gid: z.int().min(0),
  // Else somebody would be in a group by what they are called: `@staff`, `hub:physics` (CFG3, HUB1).
  name: z.string().regex(/^[^@:][^:]*$/u),
  groups: z.array(z.string())
});

/** Parse a request to serve a user; throws if it is malformed. */
export function parseUser(value: unknown): UnixUser {
  return USER.parse(value);
}

/** The dependencies of {@link Users}. */
export type UsersParts = {
  /** The directory of users' directories: owned by root, and readable by all. */
  readonly directory: string;
  /** Stores what outlives the sidecar. */
  readonly instance: { readonly directory: OwnDirectory };
  readonly openTo: (caller: Caller, instance: Instance) => Promise<() => Promise<void>>;
  /** Called when the groups of a user are others than before. */
  readonly onGroups: (caller: Required<Caller>) => void;
  readonly log: Log;
};

/** How many users may be served at once: each has two sockets. */
const USERS_MAX = 1024;

type Served = {
  readonly path: string;
  /** The user as transports know it. */
  readonly caller: Caller & { groups: readonly string[] };
  readonly close: () => Promise<void>;
};

/**
 * Gives each user on request a directory with two sockets that nobody else can open (SYS1).
 *
 * #### Notes
 * Only its user can connect to a socket: the kernel enforces that, so no request carries a
 * name. Users who were served before are served again at the start, because their gates
 * reconnect to the same paths.
 */
export class Users {
  private readonly served = new Map<number, Promise<Served>>();
  private readonly known = new Map<number, UnixUser>();
  private readonly file: StateFile;

  constructor(private readonly parts: UsersParts) {
    this.file = new StateFile(parts.instance.directory, 'users.json');
  }

  /** Create the directory, and serve the users who were served before; resolves to the undo. */
  async begin(): Promise<() => Promise<void>> {
    openDirectory(this.parts.directory);
    const before = this.file.load(value => z.array(USER).parse(value)) ?? [];
    // All of them from here on, lest a crash meanwhile forgets those whose turn has not come.
    before.forEach(user => this.known.set(user.uid, user));
    await Promise.all(
      before.map(user =>
        this.serve(user).catch((failure: Error) => this.parts.log('error', failure.message))
      )
    );
    return () => this.close();
  }

  /** Whom to look up again: all who are served. */
  list(): readonly Pick<UnixUser, 'uid' | 'gid'>[] {
    return [...this.known.values()].map(({ uid, gid }) => ({ uid, gid }));
  }

  /** Serve a user from now on; resolves to the directory of the sockets. Rejects with {@link DirectoryError}. */
  async serve(user: UnixUser): Promise<string> {
    const { uid } = user;
    const served = this.served.get(uid);
    if (served) {
      return this.renew(user, await served);
    }
    if (this.served.size >= USERS_MAX) {
      throw new DirectoryError(`${USERS_MAX} users are served already, and no more can be`);
    }
    const opening = this.open(user);
    this.served.set(uid, opening);
    opening.catch(() => this.served.delete(uid));
    const { path } = await opening;
    this.known.set(uid, user);
    await this.save(); // who was told is served again after a crash, too (SYS4)
    return path;
  }

  /** The groups of a user may have changed since the last time, and who is an administrator with them. */
  private async renew(user: UnixUser, { caller, path }: Served): Promise<string> {
    if (user.groups.join() !== caller.groups.join()) {
      caller.groups = user.groups;
      this.known.set(user.uid, user);
      this.parts.onGroups({ ...caller });
      await this.save();
    }
    return path;
  }

  private async open(user: UnixUser): Promise<Served> {
    const { openTo, log, directory } = this.parts;
    const path = join(directory, String(user.uid));
    makeFor(user, path);
    const instance = await openInstance(path, log);
    if (instance.directory.uid !== user.uid) {
      instance.leave();
      throw new DirectoryError(`${path} belongs to user ${instance.directory.uid}: remove it`);
    }
    const { uid, name, groups } = user;
    const caller = { uid, name, groups };
    const shut = await openTo(caller, instance).catch((failure: unknown) => {
      instance.leave(); // else nobody could be served there any more
      throw failure;
    });
    const unwatch = instance.watch(why => void this.lose(user.uid, why));
    log('info', `${user.name} is served in ${path}`);
    return {
      path,
      caller,
      close: async () => {
        unwatch();
        await shut();
        instance.leave();
      }
    };
  }

  /** A user removed their directory: it is recreated when the user asks again. */
  private async lose(uid: number, why: string): Promise<void> {
    this.known.delete(uid);
    void this.save();
    await (await this.served.get(uid))?.close();
    this.served.delete(uid);
    this.parts.log('warning', `${why}, and its user is served no more`);
  }

  private save(): Promise<void> {
    return this.file.save([...this.known.values()]);
  }

  private async close(): Promise<void> {
    const all = await Promise.allSettled(this.served.values());
    await Promise.all(all.map(it => (it.status === 'fulfilled' ? it.value.close() : null)));
  }
}

/** The directory that contains the users' directories: only root may change its entries. */
function openDirectory(path: string): void {
  refusing(path, () => mkdirSync(path, { recursive: true, mode: 0o755 }));
  const facts = lstatSync(path);
  const self = process.getuid?.() ?? 0;
  if (!facts.isDirectory() || facts.uid !== self || (facts.mode & 0o022) !== 0) {
    throw new DirectoryError(
      `${path} must be a directory of user ${self} that nobody else may write to; remove it, or name another one`
    );
  }
}

/** Create a user's directory; an existing one stays, and is checked when it is opened. */
function makeFor({ uid, gid }: UnixUser, path: string): void {
  refusing(path, () => {
    if (lstatSync(path, { throwIfNoEntry: false })) {
      return;
    }
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, uid, gid);
  });
}
