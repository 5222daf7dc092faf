import { performance } from 'node:perf_hooks';
import type { Event, NodeFacts } from '../server/core/events';
import { EVEN_SHARING, plainGroup } from '../server/core/policy/groups';
import { createState, step, type State } from '../server/core/step';
import { NOTHING_ASKED, type Ask } from '../server/protocol/ask';
import { cpusOf, gpusOf, nodeOf, type Happening } from '../server/testing/harness';
import { RandomSource } from '../server/testing/randomSource';

const GIB = 1024 ** 3;
const CELLS = [16, 128, 1024, 10_000];
const CHANGES = 20_000;
const WARM_UP = 5_000;
const USERS_PER_GROUP = 25;

type Row = {
  readonly cells: number;
  readonly tier: string;
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

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
}

function measure(cells: number, sharesByWeight: boolean): Row {
  const load = new Load(cells, sharesByWeight);
  for (let index = 0; index < WARM_UP; index += 1) {
    load.change();
  }
  const all = Array.from({ length: CHANGES }, () => load.change());
  const took = all.map(it => it.wallUs).sort((a, b) => a - b);
  const used = all.map(it => it.cpuUs).sort((a, b) => a - b);
  const round = (us: number) => Number(us.toFixed(1));
  return {
    cells,
    tier: sharesByWeight ? 'weights' : 'masks',
    p50us: round(quantile(took, 0.5)),
    p99us: round(quantile(took, 0.99)),
    p99cpuUs: round(quantile(used, 0.99)),
    maxUs: round(quantile(took, 1))
  };
}

/**
 * What one decision costs, a claim or a release, among so many running cells.
 *
 * #### Notes
 * Bar: p99 below 100 us at 10,000 cells, and no more than 4 times from 128.
 */
export async function run(): Promise<{ readonly rows: readonly Row[] }> {
  const rows = [true, false].flatMap(byWeight => CELLS.map(cells => measure(cells, byWeight)));
  return { rows };
}
