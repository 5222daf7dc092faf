import { readdirSync } from 'node:fs';

import { placeName } from '../../enforce/cgroup/group';
import { V1, V2 } from '../../host/cgroupfs';
import { DiskFiles, listOrNone, readNumberOrNull } from '../../host/files';
import type { Snapshot } from '../../protocol/view';
import { maskOf } from '../gate';
import type { TestSidecar } from '../sidecar';

/** Descriptors of a sidecar that serves nobody, with room for requests under way. */
const OWN_DESCRIPTORS_MAX = 60;
/** What the kernel shows for no limit is above this. */
const UNLIMITED_BYTES = 2 ** 60;

/** A process that a sidecar should know. */
export type Known = { readonly id: string; readonly pid: number };

const files = new DiskFiles();

/**
 * What differs between what a sidecar knows and keeps, and what is there while
 * everybody idles; null for nothing.
 */
export async function leftoverOf(
  sidecar: TestSidecar,
  kernels: readonly Known[],
  cpus: string
): Promise<string | null> {
  const { body } = await sidecar.ask('GET', '/api/v1/snapshot');
  return (
    unknownIn(body as Snapshot, kernels) ??
    placeLeft(sidecar, kernels) ??
    confinedAmong(kernels, cpus) ??
    tooManyDescriptors(sidecar, kernels.length)
  );
}

function unknownIn({ holders, claims }: Snapshot, living: readonly Known[]): string | null {
  const known = holders.map(it => `${it.id} ${it.pid} ${it.state}`).sort();
  const real = living.map(it => `${it.id} ${it.pid} idle`).sort();
  if (known.join() !== real.join()) {
    return `the sidecar knows [${known.join(', ')}], there are [${real.join(', ')}]`;
  }
  const open = claims.filter(it => it.state !== 'done').map(it => `${it.id} ${it.state}`);
  return open.length ? `nobody has these claims: ${open.join(', ')}` : null;
}

/** Directories of kernels that are no more, and limits on those that idle. */
function placeLeft(sidecar: TestSidecar, kernels: readonly Known[]): string | null {
  const names = kernels.map(it => placeName(it.id));
  for (const group of sidecar.places()) {
    for (const name of directoriesIn(group)) {
      if (!names.includes(name)) {
        return `left behind: ${group}/${name}`;
      }
      for (const file of [V1.memoryLimit, V2.memoryMax]) {
        const limit = readNumberOrNull(files, `${group}/${name}/${file}`) ?? Infinity;
        if (limit < UNLIMITED_BYTES) {
          return `${group}/${name}/${file} is still ${limit}`;
        }
      }
    }
  }
  return null;
}

function directoriesIn(group: string): readonly string[] {
  return listOrNone(files, group).filter(name => listOrNone(files, `${group}/${name}`).length > 0);
}

function confinedAmong(kernels: readonly Known[], cpus: string): string | null {
  const it = kernels.find(({ pid }) => maskOf(pid) !== cpus);
  return it ? `${it.id} idles, and is held to CPUs ${maskOf(it.pid)}` : null;
}

function tooManyDescriptors({ pid }: TestSidecar, kernels: number): string | null {
  const count = readdirSync(`/proc/${pid}/fd`).length;
  return count > OWN_DESCRIPTORS_MAX + kernels ? `${count} descriptors are open` : null;
}
