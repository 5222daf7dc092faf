import { rmdirSync, writeFileSync } from 'node:fs';

import { groupName } from '../enforce/probe';
import { findHierarchies } from '../host/cgroupfs';
import { DiskFiles } from '../host/files';

/** What goes wrong where there is no such place, or somebody else is in it by now. */
const EXPECTED = ['ENOENT', 'EBUSY', 'ESRCH', 'EINVAL', 'ENOTEMPTY', 'EOPNOTSUPP'];

/**
 * Do what a person with too many rights might: move a kernel out of its cgroups
 * and remove them. Returns whether there was anything to remove.
 */
export function removePlace(
  { dir }: { readonly dir: string },
  { id, pid }: { readonly id: string; readonly pid: number }
): boolean {
  let isRemoved = false;
  for (const { directory } of findHierarchies(new DiskFiles())) {
    try {
      writeFileSync(`${directory}/cgroup.procs`, String(pid));
      rmdirSync(`${directory}/${groupName(dir)}/${id}`);
      isRemoved = true;
    } catch (failure) {
      if (!EXPECTED.includes((failure as NodeJS.ErrnoException).code ?? '')) {
        throw failure;
      }
    }
  }
  return isRemoved;
}
