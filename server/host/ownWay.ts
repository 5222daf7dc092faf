import * as fs from 'node:fs';
import { join, resolve } from 'node:path';

import { DirectoryError, refusing } from './directoryError';

/** How many links are followed; the kernel's own bound (path_resolution(7)). */
const LINKS_MAX = 40;

/** What tells a directory from any other of this machine, as long as it is open. */
export function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

/**
 * Throws {@link DirectoryError} where a directory that was opened at this path is somebody
 * else's, or, where root serves another user's, could be led elsewhere by a third (SEC4).
 */
export function checkOwner(path: string, facts: fs.Stats): void {
  const self = process.getuid?.() ?? facts.uid;
  if (facts.uid === self) {
    return;
  }
  if (self !== 0) {
    throw new DirectoryError(`${path} belongs to another user; name another one with --dir`);
  }
  let end: fs.Stats | null = null;
  for (const { at, facts: step } of wayTo(path)) {
    // The mode of the directory itself is seen to by whoever opens it.
    const isOnTheWay = identityOf(step) !== identityOf(facts);
    const isShared = isOnTheWay && step.isDirectory() && (step.mode & 0o1002) === 0o002;
    if (isShared || ![0, facts.uid].includes(step.uid)) {
      throw astray(path, isShared ? 'everybody' : `user ${step.uid}`, at);
    }
    end = step;
  }
  if (!end || identityOf(end) !== identityOf(facts)) {
    throw astray(path, `user ${facts.uid}`, path);
  }
}

/** A directory with one of these is a sidecar's: one had it, or its starter did. */
const LOCKS = ['listening.lock', 'sidecar.lock'];

/**
 * Throws {@link DirectoryError} where others may use a directory and it holds something already
 * that is not a sidecar's: to close it would take that from them, as with /tmp.
 */
export function checkUnshared(path: string, own: string, { mode }: fs.Stats): void {
  const names = mode & 0o077 ? refusing(path, () => fs.readdirSync(own)) : [];
  if (names.length && !LOCKS.some(it => names.includes(it))) {
    throw new DirectoryError(
      `${path} is open to others and holds other files, to which they would lose access: ` +
        `name a directory for Cellgrant alone with --dir`
    );
  }
}

function astray(path: string, who: string, at: string): DirectoryError {
  const advice = 'name another one with --dir';
  return new DirectoryError(`${path} is not used: ${who} can redirect it at ${at}; ${advice}`);
}

type Step = { readonly at: string; readonly facts: fs.Stats };

/**
 * All that decides where a path leads, links among it.
 *
 * #### Notes
 * One look: who could change the way meanwhile is one of the owners that are found on it.
 */
function* wayTo(path: string): Generator<Step> {
  const partsOf = (it: string): string[] => it.split('/').filter(Boolean);
  let [at, ahead, links] = ['/', partsOf(path), 0];
  yield { at, facts: fs.lstatSync(at) };
  for (let name = ahead.shift(); name !== undefined && links < LINKS_MAX; name = ahead.shift()) {
    const next = join(at, name);
    const facts = refusing(path, () => fs.lstatSync(next));
    yield { at: next, facts };
    if (facts.isSymbolicLink()) {
      ahead = [...partsOf(resolve(at, fs.readlinkSync(next))), ...ahead];
      [at, links] = ['/', links + 1];
    } else {
      at = next;
    }
  }
}
