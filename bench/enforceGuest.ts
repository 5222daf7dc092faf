import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { timeTier } from './tiers';

/*
 * What runs inside the emulated machine, once for each of its scenarios; the
 * one of root has all controllers. Version 1 comes after version 2 on the same
 * machine, so that what emulation costs falls out of their ratio.
 */

const TREE = '/sys/fs/cgroup';
const V1_MOUNTS = ['cpuset', 'cpu,cpuacct', 'memory'];

function mount(type: string, place: string, ...options: readonly string[]): void {
  mkdirSync(place, { recursive: true });
  execFileSync('mount', ['-t', type, ...options, type, place]);
}

/** Controllers serve one hierarchy at a time: version 2 has to let them go. */
function changeToV1(): void {
  execFileSync('umount', [TREE]);
  mount('tmpfs', TREE);
  V1_MOUNTS.forEach(controllers => mount('cgroup', `${TREE}/${controllers}`, '-o', controllers));
}

async function main(): Promise<void> {
  if (process.env.SCENARIO === 'root') {
    console.log(JSON.stringify({ rows: await timeTier('cgroup-v2') }));
    changeToV1();
    console.log(JSON.stringify({ rows: await timeTier('cgroup-v1') }));
  }
}

void main();
