import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';

import { parseUser, type Users } from './users';

/** The answer for a user to be served: where, or why not. */
type Answer = { readonly uid: number | null } & (
  { readonly directory: string } | { readonly why: string }
);

/** Ask for all who are served to be named again, because their groups may have changed (SYS5). */
export function askAgain(users: Pick<Users, 'list'>, say: (asked: object) => void): void {
  const lookUp = users.list();
  lookUp.length && say({ lookUp });
}

/**
 * Serve the user that each line names, as {@link parseUser} reads it; answer each with a line.
 *
 * #### Notes
 * The lines come from the program that started this one, to which the kernel identifies each
 * client (SO_PEERCRED, which Node cannot read): jupyterlab_cellgrant/system/door.py.
 */
export function answerKnocks(
  from: Readable,
  users: Pick<Users, 'serve'>,
  say: (answer: Answer) => void
): void {
  createInterface({ input: from }).on('line', line => {
    let uid: number | null = null;
    Promise.resolve()
      .then(() => {
        const user = parseUser(JSON.parse(line));
        ({ uid } = user);
        return users.serve(user);
      })
      .then(
        directory => say({ uid, directory }),
        (failure: Error) => say({ uid, why: failure.message })
      );
  });
}
