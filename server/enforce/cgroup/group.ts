import { createHash } from 'node:crypto';

import type { Hierarchy } from '../../host/cgroupfs';
import { listOrNone, type IHostFiles } from '../../host/files';
import type { LockDirectory } from '../../host/locks';
import type { IOwnFiles } from '../../host/ownDirectory';

/** How long to wait for an earlier sidecar of this path to end, in s: it ends within that time. */
const PREDECESSOR_WAIT_S = 5;

/** Prefix of each holder's name: no file that the kernel creates in a cgroup starts with it. */
const PREFIX = 'kernel-';

/** The names of one sidecar's cgroups. */
export type Group = {
  /** The directory that contains all places of this sidecar; unique among running sidecars. */
  readonly name: string;
  /** Whether it belonged to an earlier sidecar at this path whose own directory was another one. */
  readonly isBefore: (name: string) => boolean;
  /** The same for the previous version, whose places were named after the holders. */
  readonly formerName: string;
};

/**
 * The names of a sidecar's cgroups: made from the owner and the path of its directory, and from
 * that directory itself, which no other sidecar serves while this one runs (SEC5).
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

/** A suffix for a group's name, independent of where the directory is. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The name of a holder's directory. */
export function placeName(holderId: string): string {
  return `${PREFIX}${holderId}`;
}

/** The holder whose directory has this name; null if it is not a place. */
export function holderIn(name: string): string | null {
  const holderId = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  return isHolderId(holderId) ? holderId : null;
}

/** What may be part of a cgroup directory's name: Jupyter's kernel ids and the like. */
export function isHolderId(name: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,128}$/.test(name);
}

/** A place of another group. */
type Left = { readonly hierarchy: Hierarchy; readonly group: string; readonly directory: string };

/**
 * Places left by sidecars that served this path before and have ended: in a group of another
 * name, because their directory was another one, or from the previous version.
 */
export class LeftPlaces {
  private readonly places = new Map<string, Left[]>();
  /** Groups without places. */
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

  /** Remove and return a holder's places; `leaves` are the groups that are now without places. */
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
 * Whether a directory is in the group of a sidecar that has ended: nobody would update its
 * limits any more.
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
    return []; // its sidecar removed it at exit
  }
}
