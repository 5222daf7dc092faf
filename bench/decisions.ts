import { barOfRounds, defineBars, type Bar } from './bar';
import type { Result } from './bench';
import { Load } from './decisionLoad';
import { count, type Chosen } from './options';
import { quantile, quantilesOf, rounded } from './statistics';

const CELLS = [16, 128, 1024, 10_000];
/** What the cost among the most cells is compared with. */
const FEW_CELLS = 128;
const MANY_CELLS = 10_000;
const TIERS = ['weights', 'masks'] as const;
/** Claims of one user that wait for its cap in one of the loads. */
const QUEUED = 1000;
const BLOCK = 1000;
const WARM_UP = 5_000;

export const BARS = defineBars({
  weightsP99Us: {
    name: 'decision among 10,000 running cells, shares by weight, p99',
    unit: 'us',
    bound: 100,
    better: 'lower'
  },
  masksP99Us: {
    name: 'decision among 10,000 running cells, shares by mask, p99',
    unit: 'us',
    bound: 100,
    better: 'lower'
  },
  weightsGrowth: {
    name: 'the same over that among 128, shares by weight',
    unit: 'x',
    bound: 4,
    better: 'lower'
  },
  masksGrowth: {
    name: 'the same over that among 128, shares by mask',
    unit: 'x',
    bound: 4,
    better: 'lower'
  },
  cappedQueueP99Us: {
    name: 'decision among 10,000 running cells while 1,000 of another user wait for a cap, p99',
    unit: 'us',
    bound: 1000,
    better: 'lower'
  }
});

export const OPTIONS = { blocks: count('blocks of 1,000 decisions on each node', 21, 5) };

type Row = {
  readonly cells: number;
  readonly tier: (typeof TIERS)[number];
  /** Claims of one user that wait for its cap. */
  readonly queued: number;
  readonly p50us: number;
  readonly p99us: number;
  /** CPU time of the process instead of the clock's: without the turns that others had. */
  readonly p99cpuUs: number;
  readonly maxUs: number;
};

/** One load and what its changes took, block by block. */
class Series {
  readonly blocks: number[][] = [];
  private readonly _load: Load;
  private readonly _cpuUs: number[] = [];

  constructor(
    readonly tier: Row['tier'],
    readonly cells: number,
    readonly queued = 0
  ) {
    this._load = new Load(cells, tier === 'weights', queued);
    for (let index = 0; index < WARM_UP; index += 1) {
      this._load.change();
    }
  }

  measure(): void {
    const took = Array.from({ length: BLOCK }, () => this._load.change());
    this.blocks.push(took.map(it => it.wallUs));
    this._cpuUs.push(...took.map(it => it.cpuUs));
  }

  /** The 99th percentile of each block, in us. */
  p99s(): readonly number[] {
    return this.blocks.map(it => quantile(it, 0.99));
  }

  row(): Row {
    const all = this.blocks.flat();
    const { p50, p99 } = quantilesOf(all, 1);
    return {
      cells: this.cells,
      tier: this.tier,
      queued: this.queued,
      p50us: p50,
      p99us: p99,
      p99cpuUs: quantile(this._cpuUs, 0.99),
      maxUs: rounded(quantile(all, 1), 1)
    };
  }
}

function barsOf(all: readonly Series[]): readonly Bar[] {
  const find = (tier: Row['tier'], cells: number) =>
    all.find(it => it.tier === tier && it.cells === cells && it.queued === 0)!;
  const growths = TIERS.map(tier => {
    const few = find(tier, FEW_CELLS).p99s();
    const many = find(tier, MANY_CELLS).p99s();
    return barOfRounds(
      BARS[`${tier}Growth`],
      many.map((us, block) => us / few[block]!)
    );
  });
  const p99s = TIERS.map(tier => barOfRounds(BARS[`${tier}P99Us`], find(tier, MANY_CELLS).p99s()));
  const capped = all.find(it => it.queued > 0)!.p99s();
  return [...p99s, ...growths, barOfRounds(BARS.cappedQueueP99Us, capped)];
}

/**
 * What one decision costs, a claim or a release, among so many running cells.
 *
 * #### Notes
 * The nodes take turns, block by block, so that whatever else the machine does meets all alike.
 * Bars are the medians of the blocks; the rows have all of them in one.
 */
export async function run({ blocks }: Chosen<typeof OPTIONS>): Promise<Result> {
  const plain = TIERS.flatMap(tier => CELLS.map(cells => new Series(tier, cells)));
  const all = [...plain, new Series('weights', MANY_CELLS, QUEUED)];
  for (let block = 0; block < blocks; block += 1) {
    all.forEach(it => it.measure());
  }
  return { bars: barsOf(all), rows: all.map(it => it.row()) };
}
