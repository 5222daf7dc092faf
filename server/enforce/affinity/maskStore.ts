import { formatCpuList, namedCpus, type CpuSet } from '../../protocol/cpuset';
import type { IOwnFiles } from '../../host/ownDirectory';
import type { HolderProcess } from '../enforcer';

/** A holder and its mask before it was adopted. */
export type SavedMask = HolderProcess & { readonly original: CpuSet };

/** Keeps masks beyond the life of a sidecar: unlike a cgroup, a mask leaves no trace of the previous one. */
export interface IMaskStore {
  /** What an earlier sidecar saved; empty if nothing can be read. */
  load(): readonly SavedMask[];
  /** Throws errors with an errno as `code`. */
  save(masks: readonly SavedMask[]): void;
}

/** Keeps masks in a file of the sidecar's directory; the file is removed when there are none. */
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
      : this.own.replace(this.name, JSON.stringify(masks.map(stored)));
  }
}

function parsed(value: unknown): readonly SavedMask[] {
  if (!Array.isArray(value)) {
    throw new Error('it is no list of masks');
  }
  return value.flatMap(savedMask);
}

/** A mask as stored on disk. */
type StoredMask = HolderProcess & { readonly original: string };

function stored({ original, ...place }: SavedMask): StoredMask {
  return { ...place, original: formatCpuList(original) };
}

function savedMask(value: unknown): readonly SavedMask[] {
  const it = value as Partial<StoredMask> | null;
  const original = typeof it?.original === 'string' ? namedCpus(it.original) : [];
  const { holderId, pid, startTicks } = it ?? {};
  return original.length > 0 &&
    typeof holderId === 'string' &&
    typeof pid === 'number' &&
    typeof startTicks === 'number'
    ? [{ holderId, pid, startTicks, original }]
    : [];
}
