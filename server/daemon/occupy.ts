import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const { O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/** sun_path holds 108 bytes with its closing NUL (unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107;

/** Another sidecar serves this directory already. */
export class OccupiedError extends Error {}

/** A directory that cannot be used; the message says why and what to do. */
export class DirectoryError extends Error {}

/** A directory that this process may serve. */
export type Occupied = {
  /** Its owner: whose kernels may register. */
  readonly uid: number;
  readonly gatePath: string;
  readonly apiPath: string;
  /** Call once the sockets exist: they are for the owner alone. */
  readonly seal: () => void;
  /** Remove the sockets and let others in. */
  readonly leave: () => void;
};

/**
 * Take a directory for this process alone, and clear it of what a killed
 * sidecar left.
 *
 * #### Notes
 * The directory is made if need be, and is its owner's alone (0700). Held by a
 * lock that ends with this process, so that of two sidecars started at once
 * one gives way; where `flock` cannot be run, by asking the socket only.
 */
export async function occupy(dir: string): Promise<Occupied> {
  const gatePath = join(dir, 'gate.sock');
  const apiPath = join(dir, 'api.sock');
  if (Buffer.byteLength(gatePath) > SOCKET_PATH_BYTES_MAX) {
    throw new DirectoryError(`${dir} is too long for a socket's path; name a shorter one by --dir`);
  }
  const uid = ownedDirectory(dir);
  const lock = openSync(join(dir, 'listening.lock'), O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
  if (isLockedByAnother(lock) || (await isServed(gatePath))) {
    closeSync(lock);
    throw new OccupiedError(`another sidecar serves ${dir} already`);
  }
  const sockets = [gatePath, apiPath];
  const clear = () => sockets.forEach(path => rmSync(path, { force: true }));
  clear();
  return {
    uid,
    gatePath,
    apiPath,
    seal: () =>
      sockets.forEach(path => {
        // What its owner may have put in the place of a socket is not followed.
        uid === process.getuid?.() ? chmodSync(path, 0o600) : lchownSync(path, uid, -1);
      }),
    leave: () => {
      clear();
      closeSync(lock);
    }
  };
}

function ownedDirectory(dir: string): number {
  if (!existsSync(dir)) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }
  const facts = lstatSync(dir);
  const self = process.getuid?.() ?? facts.uid;
  if (!facts.isDirectory()) {
    throw new DirectoryError(`${dir} is no directory; name another one with --dir`);
  }
  if (self !== 0 && facts.uid !== self) {
    throw new DirectoryError(`${dir} belongs to another user; name another one with --dir`);
  }
  chmodSync(dir, 0o700);
  return facts.uid;
}

/** The lock is the open file's, so it outlives the command that takes it, and ends with us. */
function isLockedByAnother(file: number): boolean {
  const taken = spawnSync('flock', ['--exclusive', '--nonblock', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', file]
  });
  return taken.status === 1;
}

function isServed(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    const answer = (served: boolean) => {
      socket.destroy();
      resolve(served);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
