import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { timeTier } from './tiers';

/*
 * What runs inside the emulated machine, once for each of its scenarios; the
 * one of root has all controllers. Version 1 comes after version 2 on the same
 * machine, so that what emulation costs falls out of their ratio.
 */

const GRANTS = 1000;
const TREE = '/sys/fs/cgroup';
const V1_MOUNTS = ['cpuset', 'cpu,cpuacct', 'memory'];

function mount(type: string, place: string, ...options: readonly string[]): boolean {
  mkdirSync(place, { recursive: true });
  return spawnSync('mount', ['-t', type, ...options, type, place]).status === 0;
}

/**
 * Controllers serve one hierarchy at a time, and version 2 lets them go some
 * time after its last directory was removed.
 */
async function changeToV1(): Promise<void> {
  spawnSync('umount', [TREE]);
  mount('tmpfs', TREE);
  for (const controllers of V1_MOUNTS) {
    while (!mount('cgroup', `${TREE}/${controllers}`, '-o', controllers)) {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }
}

async function main(): Promise<void> {
  if (process.env.SCENARIO === 'root') {
    console.log(JSON.stringify({ rows: await timeTier('cgroup-v2', GRANTS) }));
    await changeToV1();
    console.log(JSON.stringify({ rows: await timeTier('cgroup-v1', GRANTS) }));
  }
}

void main();
