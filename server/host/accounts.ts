import { execFile } from 'node:child_process';

/** A directory service that takes longer is not waited for. */
const TIMEOUT_MS = 5000;

/** The exit code of getent(1) for what no database has. */
const NOT_FOUND = 2;

/** Names with which nobody can have an account (passwd(5)), and options of programs. */
const NO_NAME = /^-|[\s:\p{Cc}]|^.{257}/u;

/**
 * The name that this machine has for a user, directory services included; null if there is no such
 * user.
 *
 * #### Notes
 * Of several names for one account it is the one by which its processes are known. Where the
 * databases cannot be asked (no getent(1), a service that does not answer), the name is returned as
 * it came: that nobody answers says nothing about the user.
 */
export async function findAccount(name: string, getent = 'getent'): Promise<string | null> {
  if (!name || NO_NAME.test(name)) {
    return null;
  }
  const [, , uid] = (await entryOf(name, getent)) ?? [];
  return uid === undefined ? null : ((await entryOf(uid, getent))?.[0] ?? name);
}

/** The fields of an entry, or the key as its name and number where nobody can be asked; null if there is none. */
function entryOf(key: string, getent: string): Promise<readonly string[] | null> {
  const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  return new Promise(resolve => {
    execFile(getent, ['passwd', '--', key], options, (error, text) => {
      const isUnknown = error?.code === NOT_FOUND;
      resolve(isUnknown ? null : error ? [key, '', key] : text.trim().split(':'));
    });
  });
}
