import { chmodSync, closeSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { join } from 'node:path';

import { lockFile } from '../host/locks';
import { DirectoryError, refusing } from '../host/directoryError';
import { errnoOf } from '../host/files';
import { OwnDirectory } from '../host/ownDirectory';
import { Door } from '../host/door';
import type { Log } from './ports';

/** sun_path holds 108 bytes with its closing NUL (unix(7)); clients connect by the whole path. */
const SOCKET_PATH_BYTES_MAX = 107;

/** How often the directory and its sockets are checked to exist, in ms. */
const LOOK_MS = 2000;

const LOCK = 'listening.lock';
const GATE = 'gate.sock';
const API = 'api.sock';

/** Another sidecar already serves this directory. */
export class AlreadyServedError extends Error {}

/** Makes a server listen. Rejects with a {@link DirectoryError}. */
type Listen = (server: Server) => Promise<void>;

/** A directory that this process may serve. */
export type Instance = {
  readonly directory: OwnDirectory;
  /** The paths by which clients reach the two sockets, and what makes a server listen there. */
  readonly gatePath: string;
  readonly apiPath: string;
  readonly listenForGates: Listen;
  readonly listenForApi: Listen;
  /**
   * Recreate sockets that are removed; report removal of the directory itself, once. Returns the undo.
   */
  readonly watch: (onLost: (why: string) => void) => () => void;
  /** After the directory was lost: store state from now on where the next sidecar of this path looks for it. */
  readonly succeed: () => void;
  /** Let clients that know only this directory reach the sidecar of another one, if nobody listens here. */
  readonly leadTo: (other: string) => void;
  /** Release the directory; the servers have ended, and their sockets with them. */
  readonly leave: () => void;
};

/**
 * Claim a directory for this process alone, and remove what a killed sidecar
 * left in it. Rejects with {@link DirectoryError} or {@link AlreadyServedError}.
 *
 * #### Notes
 * The directory is created if missing; only its owner can access it (0700) and its sockets.
 * A lock that ends with this process guards it, so that of two sidecars started at once one
 * yields; where `flock` cannot be run, only the socket is probed.
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
    succeed: () => succeed(directory, tell),
    leadTo: other => [GATE, API].forEach(it => lead(directory, it, join(other, it), tell)),
    leave: () => closeSync(lock)
  };
}

/** A socket of ours, and its path as shown to people. */
type Entrance = { readonly door: Door; readonly path: string };

function entranceOf(directory: OwnDirectory, name: string): Entrance {
  const { uid } = directory;
  const path = directory.named(name);
  refusing(path, () => directory.remove(name)); // left by a killed sidecar
  const seal = (it: string): void => {
    // Follow nothing that the owner may have put in the place of a socket.
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
    onLost(`${directory.path} was removed or replaced`);
  }, LOOK_MS).unref();
  return () => {
    clearInterval(timer);
    entrances.forEach(({ door }) => door.shut());
  };
}

/** Store state in the directory now at the path, unless another sidecar was faster: it may need none of it. */
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

/** Whether somebody listens at a socket of this directory itself, not at the target of a link. */
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
