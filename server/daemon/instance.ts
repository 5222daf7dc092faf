import { chmodSync, closeSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';

import { lockFile } from '../host/locks';
import { DirectoryError, refusing } from '../host/directoryError';
import { errnoOf } from '../host/files';
import { OwnDirectory } from '../host/ownDirectory';
import { Door } from '../host/door';
import type { Log } from './ports';

/** sun_path holds 108 bytes with its closing NUL (unix(7)): of those who connect, by the whole path. */
const SOCKET_PATH_BYTES_MAX = 107;

/** How often it is looked whether the directory and its sockets are still there, in ms. */
const LOOK_MS = 2000;

const LOCK = 'listening.lock';
const GATE = 'gate.sock';
const API = 'api.sock';

/** Another sidecar serves this directory already. */
export class AlreadyServedError extends Error {}

/** Lets a server listen. Rejects with a {@link DirectoryError}. */
type Listen = (server: Server) => Promise<void>;

/** A directory that this process may serve. */
export type Instance = {
  readonly directory: OwnDirectory;
  /** The two sockets as others reach them, and what lets a server listen there. */
  readonly gatePath: string;
  readonly apiPath: string;
  readonly listenForGates: Listen;
  readonly listenForApi: Listen;
  /**
   * Make sockets again that are removed, and tell that the directory itself was, once; then
   * what is kept from there on is for the next sidecar. Returns the undo.
   */
  readonly watch: (onLost: (why: string) => void) => () => void;
  /** Let those who know this directory alone reach the sidecar of another one, where nobody listens here. */
  readonly leadTo: (other: string) => void;
  /** Let others in; the servers have ended, and their sockets with them. */
  readonly leave: () => void;
};

/**
 * Take a directory for this process alone, and clear it of what a killed
 * sidecar left. Rejects with {@link DirectoryError} or {@link AlreadyServedError}.
 *
 * #### Notes
 * The directory is made if need be, and is its owner's alone (0700), as are the sockets. Held
 * by a lock that ends with this process, so that of two sidecars started at once one gives
 * way; where `flock` cannot be run, by asking the socket only.
 */
export async function openInstance(dir: string, log: Log): Promise<Instance> {
  const tell = (sentence: string): void => log('warning', sentence);
  const directory = OwnDirectory.open(dir, tell);
  const [gatePath, apiPath] = [directory.named(GATE), directory.named(API)];
  if (Buffer.byteLength(gatePath) > SOCKET_PATH_BYTES_MAX) {
    throw new DirectoryError(`${dir} is too long for a socket's path; name a shorter one by --dir`);
  }
  const lock = directory.openLock(LOCK);
  if (lockFile(lock) === false || (await isServed(directory, GATE))) {
    closeSync(lock);
    throw new AlreadyServedError(`another sidecar serves ${dir} already`);
  }
  const [gate, api] = [entranceOf(directory, GATE), entranceOf(directory, API)];
  return {
    directory,
    gatePath,
    apiPath,
    listenForGates: server => listen(gate, server),
    listenForApi: server => listen(api, server),
    watch: onLost => watch(directory, [gate, api], onLost, tell),
    leadTo: other => [GATE, API].forEach(it => lead(directory, it, join(other, it), tell)),
    leave: () => closeSync(lock)
  };
}

/** A socket of ours, and its path as a person knows it. */
type Entrance = { readonly door: Door; readonly path: string };

function entranceOf(directory: OwnDirectory, name: string): Entrance {
  const { uid } = directory;
  const path = directory.named(name);
  refusing(path, () => directory.remove(name)); // of a sidecar that was killed
  const seal = (it: string): void => {
    // What its owner may have put in the place of a socket is not followed.
    uid === process.getuid?.() ? chmodSync(it, 0o600) : directory.giveSocket(name);
  };
  return { door: new Door(directory.at(name), seal), path };
}

async function listen({ door, path }: Entrance, server: Server): Promise<void> {
  try {
    await door.open(server);
  } catch (failure) {
    throw DirectoryError.of(path, failure);
  }
}

function watch(
  directory: OwnDirectory,
  entrances: readonly Entrance[],
  onLost: (why: string) => void,
  tell: (sentence: string) => void
): () => void {
  const told = new Set<string>();
  const look = async ({ door, path }: Entrance): Promise<void> => {
    try {
      await door.look();
    } catch (failure) {
      told.has(path) || tell(DirectoryError.of(path, failure).message);
      told.add(path);
    }
  };
  const timer = setInterval(() => {
    if (directory.isInPlace()) {
      entrances.forEach(it => void look(it));
      return;
    }
    clearInterval(timer);
    succeed(directory, tell);
    onLost(`${directory.path} was removed or replaced`);
  }, LOOK_MS).unref();
  return () => {
    clearInterval(timer);
    entrances.forEach(({ door }) => door.shut());
  };
}

/** Keep in the directory that is at the path by now, unless another sidecar is faster: it may need none of it. */
function succeed(directory: OwnDirectory, tell: (sentence: string) => void): void {
  try {
    const next = OwnDirectory.open(directory.path, tell);
    if (lockFile(next.openLock(LOCK))) {
      directory.become(next);
    }
  } catch (failure) {
    tell(`what kernels hold could not be left to a successor: ${(failure as Error).message}`);
  }
}

function lead(
  directory: OwnDirectory,
  name: string,
  path: string,
  tell: (sentence: string) => void
): void {
  try {
    directory.lead(name, path);
  } catch (failure) {
    tell(`${directory.named(name)} could not be linked to ${path}: ${errnoOf(failure)}`);
  }
}

/** Whether somebody listens at a socket of this directory, not at one that a link here leads to. */
function isServed(directory: OwnDirectory, name: string): Promise<boolean> {
  if (!directory.isSocket(name)) {
    return Promise.resolve(false);
  }
  return new Promise(resolve => {
    const socket = connect(directory.at(name));
    const answer = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
