import { createServer, type Server } from 'node:net';

import type { IHostFiles } from '../host/files';
import { findSidecars, onlyName, ownName, type NamedSidecar } from '../host/namedSidecars';
import { AlreadyServedError } from './instance';

/** How soon the start or end of another sidecar is noticed, in ms. */
const LOOK_MS = 3000;

/** Another sidecar of this user on this node serves another directory. */
export class ServedElsewhereError extends AlreadyServedError {
  readonly served: NamedSidecar['served'];

  constructor({ pid, served }: NamedSidecar, directory: string) {
    super(
      served.directory === directory
        ? `a sidecar of this user (pid ${pid}) served a directory that was ${directory} until it ` +
            `was removed or replaced, and ends soon: try again, or end it`
        : `a sidecar of this user serves ${served.directory} already (pid ${pid}), and two would ` +
            `grant the same CPUs, memory and GPUs: set CELLGRANT_DIR to that directory, or end it`
    );
    this.served = served;
  }
}

/** Held while this process is the sidecar of a user on this node. */
export type Presence = {
  /** What people should know about it. */
  readonly notices: readonly string[];
  /** Make room for others. Resolves when they can start. */
  readonly leave: () => Promise<void>;
};

const NAME_TAKEN =
  'Another process has taken the name by which sidecars of one user find each other, so a second ' +
  'one of this user would not be refused.';

/**
 * ENF11: become the only sidecar of a user on this node, and serve a directory; or (`isOnly` false)
 * become one of the whole node, which is known to others. Throws {@link ServedElsewhereError} if
 * there is another one.
 *
 * #### Notes
 * Relies on a socket name, which only one process can have, and which ends with it. An unrelated
 * process may have it: so only a live sidecar causes a refusal. Where there are no such names
 * nothing is known of others.
 */
export async function beOnNode(
  files: IHostFiles,
  scope: string,
  uid: number,
  directory: string,
  isOnly = true
): Promise<Presence> {
  // The loser finds the winner by this name, which the winner had before it won.
  const named = await listenAt(ownName(scope, uid, process.pid));
  const only = isOnly ? await listenAt(onlyName(files, scope, uid)) : null;
  const leave = async () => {
    await Promise.all([named, only].map(closed));
  };
  const isTaken = only === 'taken';
  // Some of those with exactly the same CPUs may be losing just now.
  const other = findSidecars(files, scope)
    .filter(it => isOnly && it.uid === uid && (isTaken || !it.hasOurCpus))
    .sort((a, b) => Number(b.hasOurCpus) - Number(a.hasOurCpus))[0];
  if (other) {
    await leave();
    throw new ServedElsewhereError(other, directory);
  }
  return { notices: isTaken ? [NAME_TAKEN] : [], leave };
}

/** A socket of this name that serves nobody; null where such names do not exist. */
function listenAt(name: string): Promise<Server | 'taken' | null> {
  if (process.platform !== 'linux') {
    return Promise.resolve(null);
  }
  return new Promise(done => {
    const server = createServer(socket => socket.destroy()).unref();
    server.on('error', ({ code }: NodeJS.ErrnoException) =>
      done(code === 'EADDRINUSE' ? 'taken' : null)
    );
    server.listen(name, () => done(server));
  });
}

function closed(server: Server | 'taken' | null): Promise<void> {
  return new Promise(done => {
    server === null || server === 'taken' ? done() : server.close(() => done());
  });
}

/** The dependencies of the watch for other sidecars. */
export type NeighboursParts = {
  readonly files: IHostFiles;
  readonly scope: string;
  /** The name of the user who owns a process. */
  readonly ownerOf: (pid: number) => string | null;
  /** Notify people, replacing the previous notices. */
  readonly tell: (notices: readonly string[]) => void;
};

/** ENF11: report other sidecars on this node while they run; returns the undo. */
export function watchNeighbours({ files, scope, ownerOf, tell }: NeighboursParts): () => void {
  let told = '';
  const look = () => {
    const owners = findSidecars(files, scope).map(({ pid, uid }) => ownerOf(pid) ?? String(uid));
    const notice = owners.length ? neighboursInWords(owners) : '';
    notice !== told && tell(notice ? [notice] : []);
    told = notice;
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  return () => clearInterval(timer);
}

function neighboursInWords(owners: readonly string[]): string {
  const whose = [...new Set(owners)].sort().join(', ');
  const who =
    owners.length === 1
      ? `Another sidecar runs on this node, of ${whose}`
      : `${owners.length} other sidecars run on this node, of ${whose}`;
  return `${who}: what they grant is not known here, so the same CPUs and GPUs may be granted twice.`;
}
