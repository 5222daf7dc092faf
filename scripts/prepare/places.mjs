import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The project's folder; every path of these scripts starts here. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Logs, stamps and other things that may be deleted at any time. */
export const CACHE = join(ROOT, '.cache');

/** A path inside the project. */
export const inRoot = (...parts) => join(ROOT, ...parts);

/** An executable of the project's Python environment. */
export const inVenv = name => inRoot('.venv', 'bin', name);

/**
 * Give programs a home folder where the account has none.
 *
 * #### Notes
 * npm, pip and Jupyter all write below HOME; continuous integration may run
 * them with HOME unset, empty, or pointing nowhere.
 */
export function ensureHome(env = process.env) {
  try {
    accessSync(env.HOME || '/nonexistent', constants.W_OK);
  } catch {
    // Not usable, whatever the reason: a home of our own serves as well.
    env.HOME = join(CACHE, 'home');
    mkdirSync(env.HOME, { recursive: true });
  }
}
