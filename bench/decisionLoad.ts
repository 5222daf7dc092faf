import { performance } from 'node:perf_hooks';
import type { Event, NodeFacts } from '../server/core/events';
import { UNCAPPED } from '../server/core/policy/bounds';
import { EVEN_SHARING, plainGroup } from '../server/core/policy/groups';
import { createState, step, type State } from '../server/core/step';
import { NOTHING_ASKED, type Ask } from '../server/protocol/ask';
import { cpusOf, gpusOf, nodeOf, type Happening } from '../server/testing/harness';
import { RandomSource } from '../server/testing/randomSource';

const GIB = 1024 ** 3;
const USERS_PER_GROUP = 25;

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

/** The same, where each user may have one GPU. */
const CAPPED = { ...SHARING, userCaps: { ...UNCAPPED, gpus: 1 } };

/** Cells that one kernel of a flood submits at once; it may have no more. */
const PER_KERNEL = 250;

/** Cells as they come: most say nothing, some name CPUs, few memory. */
function randomAsk(random: RandomSource): Ask {
  const roll = random.next();
  if (roll < 0.1) {
    return { ...NOTHING_ASKED, cpus: { kind: 'fixed', n: random.whole(1, 4) } };
  }
  return roll < 0.15 ? { ...NOTHING_ASKED, memoryBytes: 16 * 1024 ** 2 } : NOTHING_ASKED;
}

/** What one change took. */
export type Took = { readonly wallUs: number; readonly cpuUs: number };

/** One node with so many running cells, so many of one user that wait for a cap, and changes to it by others. */
export class Load {
  constructor(
    private readonly _cells: number,
    sharesByWeight: boolean,
    queued = 0
  ) {
    this._send({ type: 'nodeFound', node: bigNode(sharesByWeight) });
    this._send({ type: 'configured', sharing: queued > 0 ? CAPPED : SHARING });
    for (let index = 0; index < _cells; index += 1) {
      this._arrive(index);
      this._claim(index);
      this._measure(index);
    }
    queued > 0 && this._flood(queued);
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

  /** One more user runs a cell on all GPUs that it may have, and so many others wait for their end. */
  private _flood(queued: number): void {
    for (let made = 0; made <= queued; made += 1) {
      const index = this._cells + Math.floor(made / PER_KERNEL);
      made % PER_KERNEL === 0 && this._arrive(index, 'flooder');
      this._claim(index, { ...NOTHING_ASKED, gpus: 1 });
    }
  }

  private _arrive(index: number, owner?: string): void {
    const group = GROUPS[index % GROUPS.length]!;
    const user = Math.floor(index / GROUPS.length) % USERS_PER_GROUP;
    const holder = {
      id: `k${index}`,
      pid: index + 1,
      kind: 'kernel' as const,
      startTicks: 1,
      name: `notebook${index}.ipynb`,
      owner: owner ?? `${group}-${user}`,
      group: [group, user % 2 ? 'prod' : 'analysis'],
      gated: true
    };
    this._send({ type: 'holderArrived', holder });
  }

  private _claim(index: number, ask: Ask = randomAsk(this._random)): void {
    this._made += 1;
    const id = `c${this._made}`;
    const claim = {
      id,
      holderId: `k${index}`,
      outerId: null,
      cellId: `cell${this._made % 7}`,
      label: '[1]',
      sourceHash: `s${this._random.whole(1, 500)}`,
      ask
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
