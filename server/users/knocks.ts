import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';

import { parseUser, type Users } from './users';

/** The answer to a user who is to be served: where, or why not. */
type Answer = { readonly uid: number | null } & (
  { readonly directory: string } | { readonly why: string }
);

/**
 * Serve whom each line names, as {@link parseUser} reads it, and answer with a line each.
 *
 * #### Notes
 * The lines come from the program that started this one, which has the kernel's word for who
 * asks (SO_PEERCRED, which Node cannot read): jupyterlab_cellgrant/system/door.py.
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
