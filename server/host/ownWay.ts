import * as fs from 'node:fs';
import { join, resolve } from 'node:path';

import { DirectoryError, refusing } from './directoryError';

/** How many links are followed; the kernel's own limit (path_resolution(7)). */
const LINKS_MAX = 40;

/** Identifies a directory on this machine while it is open. */
export function identityOf({ dev, ino }: { readonly dev: number; readonly ino: number }): string {
  return `${dev}:${ino}`;
}

/**
 * Throws {@link DirectoryError} if the directory opened at this path belongs to somebody
 * else or, when root serves another user's, if a third user could redirect the path (SEC4).
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
    // The mode of the directory itself is checked by the code that opens it.
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

/** A directory with one of these names belongs to a sidecar or to the server that started one. */
const LOCKS = ['listening.lock', 'sidecar.lock'];

/**
 * Throws {@link DirectoryError} if others may use a directory and it already holds something that
 * is not a sidecar's: closing it would take that away from them, as with /tmp.
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
 * All directories and links that decide where a path leads.
 *
 * #### Notes
 * Read once: only the owners found on the path could change it meanwhile.
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
