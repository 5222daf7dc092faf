import { createHash } from 'node:crypto';

import type { Hierarchy } from '../../host/cgroupfs';
import { listOrNone, type IHostFiles } from '../../host/files';
import type { LockDirectory } from '../../host/locks';
import type { IOwnFiles } from '../../host/ownDirectory';

/** How long a sidecar that served this path before is waited for, in s: it ends within that. */
const PREDECESSOR_WAIT_S = 5;

/** Before each holder's name: no file that the kernel puts into a cgroup begins so. */
const PREFIX = 'kernel-';

/** What names the cgroups of one sidecar. */
export type Group = {
  /** The directory below which all places of this sidecar lie; no two that live have the same. */
  readonly name: string;
  /** The directory that one before it at this path had, when its own directory was another one. */
  readonly isBefore: (name: string) => boolean;
  /** The same of the version before, whose places were called as the holders. */
  readonly formerName: string;
};

/**
 * How the cgroups of a sidecar are called: by the owner and the path of its directory, and by
 * that directory itself, which no other sidecar serves as long as this one lives (SEC5).
 */
export function groupOf(own: Pick<IOwnFiles, 'lineage' | 'identity' | 'path'>): Group {
  const lineage = digest(own.lineage);
  const before = new RegExp(`^cellgrant-${lineage}-[0-9a-f]{8}$`);
  const name = `cellgrant-${lineage}-${digest(own.identity)}`;
  return {
    name,
    isBefore: it => before.test(it) && it !== name,
    formerName: `cellgrant-${digest(own.path)}`
  };
}

/** The end of a group's name that a directory has wherever it is. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The name of a holder's directory. */
export function placeName(holderId: string): string {
  return `${PREFIX}${holderId}`;
}

/** The holder whose directory is called so; null where that is another thing. */
export function holderIn(name: string): string | null {
  const holderId = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  return isHolderId(holderId) ? holderId : null;
}

/** What may be part of a directory's name in a cgroup: Jupyter's kernel ids and the like. */
export function isHolderId(name: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,128}$/.test(name);
}

/** A place of another group. */
type Left = { readonly hierarchy: Hierarchy; readonly group: string; readonly directory: string };

/**
 * Places that sidecars left which served this path before, and are gone: in a group of another
 * name, because their directory was another one, or by the version before.
 */
export class LeftPlaces {
  private readonly places = new Map<string, Left[]>();
  /** Groups in which no place is. */
  readonly empty: readonly string[];

  constructor(
    files: IHostFiles,
    hierarchies: readonly Hierarchy[],
    group: Group,
    lock: LockDirectory
  ) {
    const groups = hierarchies.flatMap(hierarchy =>
      listOrNone(files, hierarchy.directory)
        .filter(name => group.isBefore(name) || name === group.formerName)
        .map(name => ({ hierarchy, name, path: `${hierarchy.directory}/${name}` }))
    );
    const left = [...new Set(groups.map(it => it.name))]
      .map(name => groups.filter(it => it.name === name))
      .filter(them => them.every(it => isFree(it.path, lock)))
      .flat();
    for (const { hierarchy, name, path } of left) {
      for (const child of directoriesIn(files, path)) {
        const holderId = name === group.formerName && isHolderId(child) ? child : holderIn(child);
        const place = { hierarchy, group: path, directory: `${path}/${child}` };
        holderId && this.places.set(holderId, [...(this.places.get(holderId) ?? []), place]);
      }
    }
    const used = this.groups();
    this.empty = left.map(it => it.path).filter(it => !used.has(it));
  }

  holders(): readonly string[] {
    return [...this.places.keys()];
  }

  /** Take a holder's places out; `leaves` are the groups in which none is left. */
  take(holderId: string): { readonly places: readonly Left[]; readonly leaves: readonly string[] } {
    const places = this.places.get(holderId) ?? [];
    this.places.delete(holderId);
    const used = this.groups();
    return { places, leaves: places.map(it => it.group).filter(it => !used.has(it)) };
  }

  private groups(): ReadonlySet<string> {
    return new Set([...this.places.values()].flat().map(it => it.group));
  }
}

/**
 * Whether a directory is, or is in, one of a sidecar that is gone: it holds to what nobody would
 * change any more.
 */
export function isAbandoned(directory: string, lock: LockDirectory): boolean {
  const [group] = /^.*?\/cellgrant-[0-9a-f]{8}(-[0-9a-f]{8})?(?=\/)/.exec(directory) ?? [];
  return group !== undefined && isFree(group, lock, 0);
}

function isFree(directory: string, lock: LockDirectory, waitS = PREDECESSOR_WAIT_S): boolean {
  const letGo = lock(directory, waitS);
  letGo?.();
  return letGo !== null;
}

function directoriesIn(files: IHostFiles, path: string): readonly string[] {
  try {
    return files.directories(path);
  } catch {
    return []; // its sidecar removed it at its end
  }
}
