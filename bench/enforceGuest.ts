import { timeTier } from './tiers';

/*
 * What runs inside the emulated machine, once for each of its scenarios; the
 * one of root has all controllers.
 */
async function main(): Promise<void> {
  if (process.env.SCENARIO === 'root') {
    console.log(JSON.stringify({ rows: await timeTier('cgroup-v2') }));
  }
}

void main();
