import type { IOwnFiles } from '../../host/ownDirectory';
import type { HolderProcess } from '../enforcer';

/** A holder and the mask that it came with. */
export type SavedMask = HolderProcess & { readonly original: string };

/** Remembers masks beyond the life of a sidecar: unlike a cgroup, a mask leaves no trace of what was before. */
export interface IMaskStore {
  /** What an earlier sidecar saved; empty where nothing can be read. */
  load(): readonly SavedMask[];
  /** Throws errors with an errno as `code`. */
  save(masks: readonly SavedMask[]): void;
}

/** Keeps masks in a file of the sidecar's directory; none is left when no mask is kept. */
export class MaskFile implements IMaskStore {
  constructor(
    private readonly own: IOwnFiles,
    private readonly name: string
  ) {}

  load(): readonly SavedMask[] {
    return this.own.load(this.name, parsed) ?? [];
  }

  save(masks: readonly SavedMask[]): void {
    masks.length === 0
      ? this.own.remove(this.name)
      : this.own.replace(this.name, JSON.stringify(masks));
  }
}

function parsed(value: unknown): readonly SavedMask[] {
  if (!Array.isArray(value)) {
    throw new Error('it is no list of masks');
  }
  return value.filter(isSavedMask);
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
