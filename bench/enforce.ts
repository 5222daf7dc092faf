import type { TierName } from '../server/protocol/view';
import { barOf, defineBars, type Bar } from './bar';
import type { Result } from './bench';
import { EMULATED, timeEmulatedV2 } from './emulatedV2';
import { BARS as FAULT_BARS, OPTIONS as FAULT_OPTIONS, run as breakThings } from './faults';
import { count, type Chosen } from './options';
import {
  BARS as REBUILD_BARS,
  OPTIONS as REBUILD_OPTIONS,
  run as timeRebuild,
  type Rebuilding
} from './rebuild';
import { RELEASE_BARS, releaseBarsOf, timeReleases, type Releases } from './release';
import { GRANT, timeTier, type Row } from './tiers';

const TIERS: readonly TierName[] = ['cgroup-v2', 'cgroup-v1', 'affinity'];

export const BARS = {
  ...defineBars({
    grantV1Us: {
      name: 'a grant with its writes, cgroup v1, p50',
      unit: 'us',
      bound: 200,
      better: 'lower'
    },
    grantV2Us: {
      name: 'the same, cgroup v2; if that is emulated, v1 times v2 over v1 there',
      unit: 'us',
      bound: 200,
      better: 'lower'
    }
  }),
  ...RELEASE_BARS,
  ...REBUILD_BARS,
  ...FAULT_BARS
};

export const OPTIONS = {
  grants: count('grants in each tier', 1000, 100),
  releases: count('releases that a cell waits for', 100, 10),
  kills: count('kernels that are killed before a cell that waits', 20, 3),
  ...REBUILD_OPTIONS,
  ...FAULT_OPTIONS
};

/** What enforcement costs, and how much it stands. */
export type Enforcement = Result &
  Releases &
  Pick<Rebuilding, 'rebuildMs' | 'rebuildWorstMs'> & {
    /** How many faults there were, and what they harmed. */
    readonly faults: Readonly<Record<'n' | keyof typeof FAULT_BARS, number>>;
  };

/**
 * What each tier costs, how soon resources are given back, and what a thousand
 * faults harm.
 *
 * #### Notes
 * Where this machine has no cgroup v2, its rows come from an emulated one, and say so.
 */
export async function run(chosen: Chosen<typeof OPTIONS>): Promise<Enforcement> {
  const rows = await timeTiers(chosen.grants);
  const { bars: rebuildBars, rebuildMs, rebuildWorstMs } = await timeRebuild(chosen);
  const releases = await timeReleases(chosen.releases, chosen.kills);
  const { n, leaks, doubleGrants, unexplained, bars: faultBars } = await breakThings(chosen);
  return {
    bars: [...grantBarsOf(rows), ...releaseBarsOf(releases), ...rebuildBars, ...faultBars],
    rows,
    ...releases,
    rebuildMs,
    rebuildWorstMs,
    faults: {
      n,
      leaks: leaks.length,
      doubleGrants: doubleGrants.length,
      unexplained: unexplained.length
    }
  };
}

async function timeTiers(grants: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const tier of TIERS) {
    rows.push(...(await timeTier(tier, grants)));
  }
  if (!rows.some(it => it.tier === 'cgroup-v2')) {
    rows.push(...(await timeEmulatedV2()));
  }
  return rows;
}

function grantBarsOf(rows: readonly Row[]): readonly Bar[] {
  const grantIn = (tier: string) =>
    rows.find(it => it.tier === tier && it.operation === GRANT)?.p50us ?? NaN;
  const v1 = grantIn('cgroup-v1');
  const overV1 = grantIn(`cgroup-v2${EMULATED}`) / grantIn(`cgroup-v1${EMULATED}`);
  const v2 = rows.some(it => it.tier === 'cgroup-v2') ? grantIn('cgroup-v2') : v1 * overV1;
  return [
    ...(isNaN(v1) ? [] : [barOf(BARS.grantV1Us, v1)]),
    ...(isNaN(v2) ? [] : [barOf(BARS.grantV2Us, v2)])
  ];
}
