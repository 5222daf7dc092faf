import * as z from 'zod';

import type { OwnDirectory } from '../../host/ownDirectory';
import type { Refusal } from '../../protocol/errors';
import { parseHints, type Hints } from '../../protocol/hints';
import { hintRefusal } from '../asks';
import { StateFile } from '../stateFile';
import type { IDefaults, Written } from '../ports';

/** How many notebooks' defaults are kept; beyond it the oldest are forgotten. */
const NOTEBOOKS_MAX = 4096;

const WRITTEN = z.record(z.string(), z.unknown(), { error: 'it is no object of hints' });
const NOTEBOOKS = z.record(z.string(), WRITTEN, { error: 'it is no object of kernels' });

type Kept = { readonly written: Written; readonly hints: Hints };

const NONE: Kept = { written: {}, hints: {} };

/** Parse what somebody wants to be a default; a malformed one counts for nothing. */
function parsed(written: Written): Kept | Refusal {
  const { hints, problems } = parseHints(written);
  return problems.length ? hintRefusal(problems) : { written, hints };
}

/** What was kept, or what is wrong with it: somebody may have written the file by hand. */
function trusted(value: unknown): Kept {
  const kept = parsed(WRITTEN.parse(value));
  if ('code' in kept) {
    throw new Error(`"${kept.details['path']}" is ${kept.details['got']}`);
  }
  return kept;
}

/**
 * The defaults of each notebook, then the user's.
 *
 * #### Notes
 * Both outlive the sidecar. A notebook's go by its kernel's id, which outlives
 * the restarts of the kernel.
 */
export class Defaults implements IDefaults {
  private readonly userFile: StateFile;
  private readonly notebooksFile: StateFile;
  private readonly notebooks = new Map<string, Kept>();
  private user: Kept;

  constructor(
    directory: OwnDirectory,
    /** Called when other defaults count. */
    private readonly onChange: () => void
  ) {
    this.userFile = new StateFile(directory, 'defaults.json');
    this.notebooksFile = new StateFile(directory, 'notebooks.json');
    this.user = this.userFile.load(trusted) ?? NONE;
    const notebooks = this.notebooksFile.load(value =>
      Object.entries(NOTEBOOKS.parse(value)).map(([id, it]) => [id, trusted(it)] as const)
    );
    notebooks?.forEach(([id, kept]) => this.notebooks.set(id, kept));
  }

  hintsFor(holderId: string): readonly Hints[] {
    const notebook = this.notebooks.get(holderId);
    if (notebook) {
      return [notebook.hints, this.user.hints];
    }
    return Object.keys(this.user.hints).length ? [this.user.hints] : [];
  }

  ofUser(): Written {
    return this.user.written;
  }

  ofKernel(holderId: string): Written {
    return (this.notebooks.get(holderId) ?? NONE).written;
  }

  async setUser(written: Written): Promise<Refusal | null> {
    const kept = parsed(written);
    if ('code' in kept) {
      return kept;
    }
    this.user = kept;
    this.onChange();
    await this.userFile.save(written);
    return null;
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
