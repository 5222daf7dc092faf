import type { TierName } from '../server/protocol/view';
import { timeEmulatedV2 } from './emulatedV2';
import { countFaults, type FaultCounts } from './faults';
import { timeRebuild, type Rebuilding } from './rebuild';
import { timeReleases, type Releases } from './release';
import { timeTier, type Row } from './tiers';

const TIERS: readonly TierName[] = ['cgroup-v2', 'cgroup-v1', 'affinity'];

/** What enforcement costs, and how much it stands. */
export type Enforcement = Releases &
  Rebuilding & {
    readonly rows: readonly Row[];
    readonly faults: FaultCounts;
  };

/**
 * What each tier costs, how soon resources are given back, and what a thousand
 * faults harm.
 *
 * #### Notes
 * Takes minutes; `--faults N` makes fewer of them. Where this machine has no
 * cgroup v2, its rows come from an emulated one, and say so.
 */
export async function run(args: readonly string[] = []): Promise<Enforcement> {
  const rows: Row[] = [];
  for (const tier of TIERS) {
    rows.push(...(await timeTier(tier)));
  }
  if (!rows.some(it => it.tier === 'cgroup-v2')) {
    rows.push(...(await timeEmulatedV2()));
  }
  const rebuilding = await timeRebuild();
  const releases = await timeReleases();
  const faults = await countFaults(args);
  return { rows, ...releases, faults, ...rebuilding };
}
