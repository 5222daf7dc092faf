import * as z from 'zod';

import type { OwnDirectory } from '../../host/ownDirectory';
import type { Caller } from '../../protocol/caller';
import type { Refusal } from '../../protocol/errors';
import { parseHints, type Hints } from '../../protocol/hints';
import { hintRefusal } from '../asks';
import { StateFile } from '../stateFile';
import type { IDefaults, Written } from '../ports';

/** How many notebooks' defaults are kept; beyond that the oldest are dropped. */
const NOTEBOOKS_MAX = 4096;

const WRITTEN = z.record(z.string(), z.unknown(), { error: 'it is no object of hints' });
const NOTEBOOKS = z.record(z.string(), WRITTEN, { error: 'it is no object of kernels' });

type Kept = { readonly written: Written; readonly hints: Hints };

const NONE: Kept = { written: {}, hints: {} };

type UserDefaults = { readonly file: StateFile; kept: Kept };

/** Parse requested defaults; malformed ones are refused. */
function parsed(written: Written): Kept | Refusal {
  const { hints, problems } = parseHints(written);
  return problems.length ? hintRefusal(problems) : { written, hints };
}

/** The saved defaults; throws if they are malformed: somebody may have edited the file by hand. */
function trusted(value: unknown): Kept {
  const kept = parsed(WRITTEN.parse(value));
  if ('code' in kept) {
    throw new Error(`"${kept.details['path']}" is ${kept.details['got']}`);
  }
  return kept;
}

/**
 * The defaults of each notebook, then those of its user.
 *
 * #### Notes
 * Both outlive the sidecar. A notebook's defaults are keyed by its kernel's id,
 * which survives restarts of the kernel.
 */
export class Defaults implements IDefaults {
  private readonly notebooksFile: StateFile;
  private readonly notebooks = new Map<string, Kept>();
  private readonly users = new Map<number, UserDefaults>();

  constructor(
    private readonly directory: OwnDirectory,
    /** The owner of the directory. */
    private readonly owner: Caller,
    private readonly owners: { ownerOf(holderId: string): Pick<Caller, 'uid'> | null },
    /** Called when the defaults change. */
    private readonly onChange: () => void
  ) {
    this.notebooksFile = new StateFile(directory, 'notebooks.json');
    const notebooks = this.notebooksFile.load(value =>
      Object.entries(NOTEBOOKS.parse(value)).map(([id, it]) => [id, trusted(it)] as const)
    );
    notebooks?.forEach(([id, kept]) => this.notebooks.set(id, kept));
  }

  hintsFor(holderId: string): readonly Hints[] {
    const user = this.of(this.owners.ownerOf(holderId) ?? this.owner).kept.hints;
    const notebook = this.notebooks.get(holderId);
    if (notebook) {
      return [notebook.hints, user];
    }
    return Object.keys(user).length ? [user] : [];
  }

  ofUser(of: Caller): Written {
    return this.of(of).kept.written;
  }

  ofKernel(holderId: string): Written {
    return (this.notebooks.get(holderId) ?? NONE).written;
  }

  async setUser(written: Written, by: Caller): Promise<Refusal | null> {
    const kept = parsed(written);
    if ('code' in kept) {
      return kept;
    }
    const user = this.of(by);
    user.kept = kept;
    this.onChange();
    await user.file.save(written);
    return null;
  }

  private of({ uid }: Pick<Caller, 'uid'>): UserDefaults {
    let user = this.users.get(uid);
    if (!user) {
      const name = uid === this.owner.uid ? 'defaults.json' : `defaults-${uid}.json`;
      const file = new StateFile(this.directory, name);
      user = { file, kept: file.load(trusted) ?? NONE };
      this.users.set(uid, user);
    }
    return user;
  }

  async setKernel(holderId: string, written: Written): Promise<Refusal | null> {
    const kept = parsed(written);
    if ('code' in kept) {
      return kept;
    }
    this.notebooks.delete(holderId);
    if (Object.keys(written).length) {
      this.notebooks.set(holderId, kept);
    }
    this.onChange();
    const [oldest] = this.notebooks.keys();
    if (oldest !== undefined && this.notebooks.size > NOTEBOOKS_MAX) {
      this.notebooks.delete(oldest);
    }
    await this.notebooksFile.save(
      Object.fromEntries([...this.notebooks].map(([id, it]) => [id, it.written]))
    );
    return null;
  }
}
