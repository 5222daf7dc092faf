import * as fs from 'node:fs';
import { join } from 'node:path';
import type { Place } from './enforcer';

/** A holder and the mask that it came with. */
export type SavedMask = Place & { readonly original: string };

/** Remembers masks beyond the life of a sidecar: unlike a cgroup, a mask leaves no trace of what was before. */
export interface IMaskStore {
  /** What an earlier sidecar saved; empty where nothing can be read. */
  load(): readonly SavedMask[];
  /** Throws errors with an errno as `code`. */
  save(masks: readonly SavedMask[]): void;
}

/** Keeps masks in a file of the sidecar's directory; none is left when no mask is kept. */
export class MaskFile implements IMaskStore {
  private readonly path: string;

  constructor(dir: string, name = 'masks.json') {
    this.path = join(dir, name);
  }

  load(): readonly SavedMask[] {
    try {
      const saved: unknown = JSON.parse(fs.readFileSync(this.path, 'utf8'));
      return Array.isArray(saved) ? saved.filter(isSavedMask) : [];
    } catch {
      // Absent at a first start; torn by a full disk: then there is nothing to know.
      return [];
    }
  }

  save(masks: readonly SavedMask[]): void {
    if (masks.length === 0) {
      fs.rmSync(this.path, { force: true });
      return;
    }
    // As daemon/keptFile.ts does, and for its reason.
    fs.rmSync(`${this.path}.new`, { force: true });
    fs.writeFileSync(`${this.path}.new`, JSON.stringify(masks), { mode: 0o600, flag: 'wx' });
    fs.renameSync(`${this.path}.new`, this.path);
  }
}

function isSavedMask(value: unknown): value is SavedMask {
  const it = value as Partial<SavedMask> | null;
  return (
    typeof it?.holderId === 'string' &&
    typeof it.pid === 'number' &&
    typeof it.startTicks === 'number' &&
    typeof it.original === 'string' &&
    /^[\d,-]+$/.test(it.original)
  );
}
