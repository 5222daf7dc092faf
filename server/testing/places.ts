import { realpathSync, rmdirSync, statSync, writeFileSync } from 'node:fs';

import { digest, placeName } from '../enforce/cgroup/group';
import { findHierarchies, withoutLeaf } from '../host/cgroupfs';
import { DiskFiles, listOrNone } from '../host/files';
import { identityOf } from '../host/ownWay';

/** What goes wrong where there is no such place, or somebody else is in it by now. */
const EXPECTED = ['ENOENT', 'EBUSY', 'ESRCH', 'EINVAL', 'ENOTEMPTY', 'EOPNOTSUPP'];

/**
 * How the cgroups of the sidecar are called that serves a directory, which it sees below `root`.
 *
 * #### Notes
 * The whole name: its end alone, an inode, is soon another directory's once this one is removed.
 */
export function groupNameOf(dir: string, root = ''): string {
  const facts = statSync(root + dir);
  const path = root ? dir : realpathSync(dir);
  return `cellgrant-${digest(`${facts.uid}:${path}`)}-${digest(identityOf(facts))}`;
}

/** The directories, one a hierarchy, below which such a sidecar's places lie. */
export function groupsCalled(name: string): readonly string[] {
  return groupsMatching(it => it === name);
}

/** The same of all sidecars whose cgroups' name has a certain form. */
export function groupsMatching(isMeant: (name: string) => boolean): readonly string[] {
  const files = new DiskFiles();
  return findHierarchies(files).flatMap(it => {
    const directory = withoutLeaf(it.directory);
    return listOrNone(files, directory)
      .filter(name => /^cellgrant-\w{8}-\w{8}$/.test(name) && isMeant(name))
      .map(name => `${directory}/${name}`);
  });
}

/**
 * Do what a person with too many rights might: move a kernel out of its cgroups
 * and remove them. Returns whether there was anything to remove.
 */
export function removePlace(
  sidecar: { readonly places: () => readonly string[] },
  { id, pid }: { readonly id: string; readonly pid: number }
): boolean {
  let isRemoved = false;
  for (const group of sidecar.places()) {
    try {
      writeFileSync(`${group}/../cgroup.procs`, String(pid));
      rmdirSync(`${group}/${placeName(id)}`);
      isRemoved = true;
    } catch (failure) {
      if (!EXPECTED.includes((failure as NodeJS.ErrnoException).code ?? '')) {
        throw failure;
      }
    }
  }
  return isRemoved;
}
