import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

import type { Refusal } from '../protocol/errors';
import { parseHints, type Hints } from '../protocol/hints';
import { hintRefusal } from './asks';
import type { IDefaults, Log, Written } from './ports';

/** How many notebooks' defaults are kept; beyond it the oldest are forgotten. */
const NOTEBOOKS_MAX = 4096;

type Kept = { readonly written: Written; readonly hints: Hints };

const NONE: Kept = { written: {}, hints: {} };

/** Parse what somebody wants to be a default; a malformed one counts for nothing. */
function parsed(written: Written): Kept | Refusal {
  const { hints, problems } = parseHints(written);
  return problems.length ? hintRefusal(problems) : { written, hints };
}

/**
 * The defaults of each notebook, then the user's.
 *
 * #### Notes
 * The user's are kept in a file; a notebook's in memory, under its kernel's id,
 * which outlives the restarts of the kernel.
 */
export class Defaults implements IDefaults {
  private user: Kept = NONE;
  private readonly notebooks = new Map<string, Kept>();
  private saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly log: Log
  ) {
    this.load();
  }

  hintsFor(kernelId: string): readonly Hints[] {
    const notebook = this.notebooks.get(kernelId);
    if (notebook) {
      return [notebook.hints, this.user.hints];
    }
    return this.user === NONE ? [] : [this.user.hints];
  }

  ofUser(): Written {
    return this.user.written;
  }

  ofKernel(kernelId: string): Written {
    return (this.notebooks.get(kernelId) ?? NONE).written;
  }

  async setUser(written: Written): Promise<Refusal | null> {
    const kept = parsed(written);
    if ('code' in kept) {
      return kept;
    }
    this.user = Object.keys(written).length ? kept : NONE;
    this.saving = this.saving.then(() => this.save());
    await this.saving;
    return null;
  }

  setKernel(kernelId: string, written: Written): Refusal | null {
    const kept = parsed(written);
    if ('code' in kept) {
      return kept;
    }
    this.notebooks.delete(kernelId);
    this.notebooks.set(kernelId, kept);
    for (const oldest of this.notebooks.keys()) {
      if (this.notebooks.size <= NOTEBOOKS_MAX) {
        break;
      }
      this.notebooks.delete(oldest);
    }
    return null;
  }

  private async save(): Promise<void> {
    const draft = `${this.path}.new`;
    try {
      await writeFile(draft, `${JSON.stringify(this.user.written, null, 2)}\n`, { mode: 0o600 });
      await rename(draft, this.path);
    } catch (failure) {
      this.log('error', `the defaults count until the sidecar ends, but were not kept: ${failure}`);
    }
  }

  private load(): void {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch {
      return; // no file, no defaults
    }
    try {
      const kept = parsed(JSON.parse(text) as Written);
      if ('code' in kept) {
        throw new Error(`"${kept.details['path']}" is ${kept.details['got']}`);
      }
      this.user = kept;
    } catch (failure) {
      this.log('warning', `${this.path} is passed over: ${(failure as Error).message}`);
    }
  }
}
