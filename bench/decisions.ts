import { performance } from 'node:perf_hooks';
import type { Event, NodeFacts } from '../server/core/events';
import { EVEN_SHARING, plainGroup } from '../server/core/policy/groups';
import { createState, step, type State } from '../server/core/step';
import { NOTHING_ASKED, type Ask } from '../server/protocol/ask';
import { cpusOf, gpusOf, nodeOf, type Happening } from '../server/testing/harness';
import { RandomSource } from '../server/testing/randomSource';
import { barOfRounds, defineBars, type Bar } from './bar';
import type { Result } from './bench';
import { count, type Chosen } from './options';
import { quantile, quantilesOf, rounded } from './statistics';

const GIB = 1024 ** 3;
const CELLS = [16, 128, 1024, 10_000];
/** What the cost among the most cells is compared with. */
const FEW_CELLS = 128;
const MANY_CELLS = 10_000;
const TIERS = ['weights', 'masks'] as const;
const BLOCK = 1000;
const WARM_UP = 5_000;
const USERS_PER_GROUP = 25;

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
  }
});

export const OPTIONS = { blocks: count('blocks of 1,000 decisions on each node', 21, 5) };

type Row = {
  readonly cells: number;
  readonly tier: (typeof TIERS)[number];
  readonly p50us: number;
  readonly p99us: number;
  /** CPU time of the process instead of the clock's: without the turns that others had. */
  readonly p99cpuUs: number;
  readonly maxUs: number;
};

/** 64 CPUs, 4 GPUs, groups with quotas: a shared node of a department. */
function bigNode(sharesByWeight: boolean): NodeFacts {
  return nodeOf({
    cpus: cpusOf({ cores: 32, threads: 2, coresPerCache: 8, coresPerNuma: 16 }),
    memoryBytes: 1024 * GIB,
    memoryReserveBytes: 32 * GIB,
    gpus: gpusOf(4),
    sharesByWeight
  });
}

const GROUPS = ['atlas', 'phenix', 'theory', 'teaching'];

const SHARING = {
  ...EVEN_SHARING,
  groups: GROUPS.map((name, index) => ({
    ...plainGroup(name),
    quota: index < 2 ? ({ kind: 'fraction', of: 0.3 } as const) : null,
    groups: [plainGroup('prod'), plainGroup('analysis')]
  }))
};

/** Cells as they come: most say nothing, some name CPUs, few memory. */
function randomAsk(random: RandomSource): Ask {
  const roll = random.next();
  if (roll < 0.1) {
    return { ...NOTHING_ASKED, cpus: { kind: 'fixed', n: random.whole(1, 4) } };
  }
  return roll < 0.15 ? { ...NOTHING_ASKED, memoryBytes: 16 * 1024 ** 2 } : NOTHING_ASKED;
}

type Took = { readonly wallUs: number; readonly cpuUs: number };

/** One node with so many running cells, and changes to it. */
class Load {
  constructor(
    private readonly _cells: number,
    sharesByWeight: boolean
  ) {
    this._send({ type: 'nodeFound', node: bigNode(sharesByWeight) });
    this._send({ type: 'configured', sharing: SHARING });
    for (let index = 0; index < _cells; index += 1) {
      this._arrive(index);
      this._claim(index);
      this._measure(index);
    }
    this._send({ type: 'ticked' });
  }

  /** Time one change: a cell ends, or another starts in its place. */
  change(): Took {
    const index = this._random.whole(0, this._cells - 1);
    const claimId = this._claims.get(index);
    const cpu = process.cpuUsage();
    const before = performance.now();
    if (claimId === undefined) {
      this._claim(index);
    } else {
      this._claims.delete(index);
      this._send({ type: 'claimEnded', claimId, outcome: 'ok', cpuSeconds: 1 });
    }
    const wallUs = (performance.now() - before) * 1000;
    const used = process.cpuUsage(cpu);
    this._sinceTick += 1;
    if (this._sinceTick === 1000) {
      this._sinceTick = 0;
      this._send({ type: 'ticked' });
    }
    return { wallUs, cpuUs: used.user + used.system };
  }

  private _arrive(index: number): void {
    const group = GROUPS[index % GROUPS.length]!;
    const user = Math.floor(index / GROUPS.length) % USERS_PER_GROUP;
    const holder = {
      id: `k${index}`,
      pid: index + 1,
      kind: 'kernel' as const,
      startTicks: 1,
      name: `notebook${index}.ipynb`,
      owner: `${group}-${user}`,
      group: [group, user % 2 ? 'prod' : 'analysis'],
      gated: true
    };
    this._send({ type: 'holderArrived', holder });
  }

  private _claim(index: number): void {
    this._made += 1;
    const id = `c${this._made}`;
    const claim = {
      id,
      holderId: `k${index}`,
      outerId: null,
      cellId: `cell${this._made % 7}`,
      label: '[1]',
      sourceHash: `s${this._random.whole(1, 500)}`,
      ask: randomAsk(this._random)
    };
    this._claims.set(index, id);
    this._send({ type: 'claimArrived', claim, granted: null, waitingSinceMs: null });
  }

  private _measure(index: number): void {
    const use = {
      holderId: `k${index}`,
      cpusBusy: this._random.next() * 2,
      cpuSeconds: this._random.next() * 10,
      memoryBytes: 8 * 1024 ** 2,
      threads: 4,
      gpuMemoryBytes: {}
    };
    this._send({ type: 'useMeasured', holders: [use] });
  }

  private _send(happening: Happening): void {
    this._atMs += 1;
    step(this._state, { ...happening, atMs: this._atMs } as Event);
  }

  private readonly _state: State = createState();
  private readonly _random = new RandomSource(7);
  private readonly _claims = new Map<number, string>();
  private _atMs = 1_000_000;
  private _made = 0;
  private _sinceTick = 0;
}

/** One load and what its changes took, block by block. */
class Series {
  readonly blocks: number[][] = [];
  private readonly _load: Load;
  private readonly _cpuUs: number[] = [];

  constructor(
    readonly tier: Row['tier'],
    readonly cells: number
  ) {
    this._load = new Load(cells, tier === 'weights');
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
      p50us: p50,
      p99us: p99,
      p99cpuUs: quantile(this._cpuUs, 0.99),
      maxUs: rounded(quantile(all, 1), 1)
    };
  }
}

function barsOf(all: readonly Series[]): readonly Bar[] {
  const find = (tier: Row['tier'], cells: number) =>
    all.find(it => it.tier === tier && it.cells === cells)!;
  const growths = TIERS.map(tier => {
    const few = find(tier, FEW_CELLS).p99s();
    const many = find(tier, MANY_CELLS).p99s();
    return barOfRounds(
      BARS[`${tier}Growth`],
      many.map((us, block) => us / few[block]!)
    );
  });
  const p99s = TIERS.map(tier => barOfRounds(BARS[`${tier}P99Us`], find(tier, MANY_CELLS).p99s()));
  return [...p99s, ...growths];
}

/**
 * What one decision costs, a claim or a release, among so many running cells.
 *
 * #### Notes
 * The nodes take turns, block by block, so that whatever else the machine does meets all alike.
 * Bars are the medians of the blocks; the rows have all of them in one.
 */
export async function run({ blocks }: Chosen<typeof OPTIONS>): Promise<Result> {
  const all = TIERS.flatMap(tier => CELLS.map(cells => new Series(tier, cells)));
  for (let block = 0; block < blocks; block += 1) {
    all.forEach(it => it.measure());
  }
  return { bars: barsOf(all), rows: all.map(it => it.row()) };
}
