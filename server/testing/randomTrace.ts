import type { Effect } from '../core/effects';
import type { Event, NodeFacts } from '../core/events';
import { createState, step, type State } from '../core/step';
import { NOTHING_ASKED, type Ask } from '../protocol/ask';
import { UNRESTRICTED, type Grant } from '../protocol/grant';
import { ANN, cpusOf, FENCING, gpusOf, nodeOf, slicesOf, type Happening } from './harness';
import { arrivals, endsOf, renewed } from './randomFamilies';
import { orderOf } from './randomOrders';
import { randomSharing } from './randomSharing';
import type { RandomSource } from './randomSource';

const GIB = 1024 ** 3;

/**
 * How wild a trace is: 0 asks for what is common, 1 sends nonsense too. `caps` is the chance of each
 * cap from the start on; without it, there are some after a reload only. `auto` is the chance that a
 * claim leaves its memory to past runs.
 */
export type Wildness = {
  readonly nonsense: number;
  readonly holders: number;
  readonly caps?: number;
  readonly auto?: number;
};

/** A random node: small ones, so that everything is short of something. */
function randomNode(random: RandomSource): NodeFacts {
  const cores = random.pick([1, 2, 4, 8, 12]);
  const threads = random.pick([1, 2]);
  return nodeOf({
    cpus: cpusOf({ cores, threads, coresPerCache: 4, coresPerNuma: 8 }),
    memoryBytes: 32 * GIB,
    memoryReserveBytes: 2 * GIB,
    gpus: random.pick([gpusOf, gpusOf, slicesOf])(random.whole(0, 3)),
    sharesByWeight: random.chance(0.5),
    packsThreads: cores === 2 || cores === 8,
    ...(cores === 4 || cores === 8 ? { tier: FENCING } : {})
  });
}

const FAILURE = { type: 'enforcementFailed', what: 'x', errno: 'EIO' } as const;

function randomAsk(random: RandomSource, { auto = 0 }: Wildness): Partial<Ask> {
  const n = random.whole(1, 6);
  return {
    cpus: random.pick([
      NOTHING_ASKED.cpus,
      NOTHING_ASKED.cpus,
      { kind: 'fixed' as const, n },
      { kind: 'range' as const, min: n, max: n + random.whole(0, 6) }
    ]),
    exclusive: random.chance(0.1),
    memoryBytes: random.chance(0.3) ? random.whole(1, 24) * GIB : null,
    gpus: random.chance(0.3) ? random.whole(1, 2) : 0,
    gpuMemoryBytes: random.chance(0.3) ? random.whole(10, 80) * GIB : null,
    gpuModel: random.chance(0.1) ? 'h100' : null,
    timeMs: random.chance(0.3) ? random.whole(1, 60) * 1000 : null,
    priority: random.chance(0.2) ? random.whole(-5, 5) : 0,
    maxWaitMs: random.chance(0.1) ? random.whole(1, 30) * 1000 : null,
    hold: random.chance(0.1),
    ...(auto > 0 && random.chance(auto) && { memoryBytes: null, memoryAuto: true })
  };
}

/**
 * A random but repeatable stream of events to a core, with a record of who
 * should be alive.
 */
export class RandomTrace {
  constructor(
    private readonly _random: RandomSource,
    private readonly _wild: Wildness = { nonsense: 0.05, holders: 8 }
  ) {
    this.send({ type: 'nodeFound', node: randomNode(_random) });
    const { caps } = _wild;
    caps && this.send({ type: 'configured', sharing: randomSharing(_random, caps) });
  }

  readonly state: State = createState();
  atMs = 1_000_000;
  /** What happened last, for reports. */
  last: Event | null = null;
  /** Effects so far, by type. */
  readonly counts: Record<string, number> = {};

  /** Let one random thing happen. */
  next(): Effect[] {
    this.atMs += this._random.pick([0, 0, 1, 10, 100, 1000]);
    return this.send(this._coming.shift() ?? this._choose());
  }

  /** Let a certain thing happen. */
  send(happening: Happening): Effect[] {
    const event = { ...happening, atMs: this.atMs } as Event;
    this.last = event;
    const effects = step(this.state, event);
    for (const { type } of effects) {
      this.counts[type] = (this.counts[type] ?? 0) + 1;
    }
    return effects;
  }

  /** All holders go; the effects of the last one. */
  leaveAll(): Effect[] {
    const holders = [...this.state.holders.keys()];
    return holders.reduce<Effect[]>(
      (_, holderId) => this.send({ type: 'holderGone', holderId }),
      []
    );
  }

  /** A random claim of a holder. */
  claim(holderId: string, ask: Partial<Ask> = randomAsk(this._random, this._wild)): Happening {
    this._claims += 1;
    const random = this._random;
    const grant: Grant = {
      ...UNRESTRICTED,
      cpus: ask.cpus?.kind === 'fixed' && !ask.exclusive ? [0] : null
    };
    const [inMidst] = this.state.holders.get(holderId)?.running ?? [];
    const claim = {
      id: `c${this._claims}`,
      holderId,
      outerId: inMidst && random.chance(0.3) ? inMidst.claim.id : null,
      cellId: random.chance(0.5) ? `cell${random.whole(1, 9)}` : null,
      label: null,
      sourceHash: random.chance(0.5) ? `source${random.whole(1, 20)}` : null,
      ask: { ...NOTHING_ASKED, ...ask }
    };
    const isReturning = random.chance(0.02);
    return {
      type: 'claimArrived',
      claim,
      granted: isReturning && random.chance(0.5) ? { grant, sinceMs: this.atMs - 5000 } : null,
      waitingSinceMs: isReturning ? this.atMs - 3000 : null
    };
  }

  private _choose(): Happening {
    const random = this._random;
    if (random.chance(this._wild.nonsense)) {
      return this._nonsense();
    }
    const roll = random.next();
    const holders = [...this.state.holders.keys()];
    const claims = [...this.state.running, ...this.state.queue];
    if (holders.length === 0 || (roll < 0.08 && holders.length < this._wild.holders)) {
      return this._first(arrivals(random, this.state, this._wild.holders));
    }
    if (roll < 0.42) {
      return this.claim(random.pick(holders));
    }
    if (roll < 0.75 && claims.length) {
      const outcome = random.pick(['ok', 'error', 'interrupted'] as const);
      const claimId = random.pick(claims).claim.id;
      return { type: 'claimEnded', claimId, outcome, cpuSeconds: random.next() * 5 };
    }
    return roll < 0.77
      ? this._first(endsOf(random, this.state, random.pick(holders)))
      : this._figures(holders);
  }

  /** The first of some things that follow each other. */
  private _first([first, ...rest]: readonly Happening[]): Happening {
    this._coming.push(...rest);
    return first!;
  }

  private _figures(holders: readonly string[]): Happening {
    const random = this._random;
    const roll = random.next();
    if (roll < 0.4) {
      return { type: 'ticked' };
    }
    if (roll < 0.8) {
      return {
        type: 'useMeasured',
        holders: holders.map(holderId => ({
          holderId,
          cpusBusy: random.next() * 4,
          cpuSeconds: (this.atMs / 1000) * random.next(),
          memoryBytes: random.whole(0, 4) * GIB,
          threads: 4,
          gpuMemoryBytes: {}
        }))
      };
    }
    return this._rare(holders);
  }

  private _rare(holders: readonly string[]): Happening {
    const random = this._random;
    const claims = [...this.state.claims.keys()];
    return random.pick<() => Happening>([
      () => ({ type: 'claimCancelled', claimId: random.pick([...claims, 'none']), by: ANN }),
      () => ({ type: 'movedUp', claimId: random.pick([...claims, 'none']) }),
      () => ({ type: 'holdReleased', holderId: random.pick(holders), by: ANN }),
      () => ({
        type: 'nodeMeasured',
        cpusBusy: 1,
        memoryUsedBytes: GIB,
        memoryPressure: random.pick([null, 0, 50])
      }),
      () => ({
        type: 'othersMeasured',
        bytes: random.pick([0, GIB, 12 * GIB, 100 * GIB, Infinity]),
        totalBytes: 32 * GIB + random.pick([0, 8 * GIB])
      }),
      () => ({ ...FAILURE, holderId: random.pick(holders) }),
      () => ({ type: 'holderBroughtBack', holderId: random.pick(holders), what: 'x' }),
      () => ({ type: 'holderSettled', holderId: random.pick(holders) }),
      () => {
        const kernel = { id: `h${random.whole(1, 12)}`, owner: 'ann', group: [] };
        return { type: 'kernelLaunching', kernel };
      },
      () => ({ type: 'launchFailed', holderId: `h${random.whole(1, 12)}` }),
      () => renewed(random, this.state, random.pick(holders)),
      () => renewed(random, this.state, random.pick(holders)),
      () => ({ type: 'claimGivenUp', claimId: random.pick([...claims, 'none']) }),
      () => ({ type: 'freeWanted', holderId: random.pick(holders), by: ANN }),
      () => {
        const claimId = random.pick([...claims, 'none']);
        return { type: 'restartWanted', holderId: random.pick(holders), claimId, by: ANN };
      },
      () => ({ type: 'restartDeclined', holderId: random.pick(holders), by: ANN }),
      () => {
        const memoryBytes = random.whole(0, 24) * GIB;
        return { type: 'memoryMeasured', holderId: random.pick(holders), memoryBytes };
      },
      () => ({
        type: 'policyChosen',
        policy: random.pick(['dynamic', 'dynamic', 'naive', 'partitioned']),
        by: null
      }),
      () => ({
        type: 'configured',
        sharing: randomSharing(random, this._wild.caps),
        memoryReserveBytes: random.pick([null, null, GIB, 16 * GIB])
      }),
      () => ({ type: 'nodeFound', node: randomNode(random) }),
      () => this._gpuFigures(holders),
      () => orderOf(random, this.state, holders),
      () => orderOf(random, this.state, holders),
      () => ({ type: 'packingFound', packs: random.chance(0.5) })
    ])();
  }

  private _gpuFigures(holders: readonly string[]): Happening {
    const random = this._random;
    const figures = {
      memoryUsedBytes: null,
      utilisation: null,
      temperatureC: null,
      powerW: null,
      processes: []
    };
    const keeping = () => ({
      pid: 1,
      name: 'python',
      memoryBytes: random.whole(1, 40) * GIB,
      owner: null,
      holderId: random.pick([null, ...holders])
    });
    const gpus = (this.state.node?.gpus ?? []).map(({ uuid }) =>
      random.chance(0.3)
        ? { ...figures, uuid, isLost: true as const }
        : { ...figures, uuid, processes: random.chance(0.3) ? [keeping()] : [] }
    );
    return { type: 'gpusMeasured', gpus: random.chance(0.3) ? [] : gpus };
  }

  /** Things that should be refused or passed over. */
  private _nonsense(): Happening {
    const random = this._random;
    const known = [...this.state.claims.values()];
    return random.pick<() => Happening>([
      () => this.claim('nobody'),
      () => {
        const claim = random.pick(known)?.claim;
        return claim
          ? { type: 'claimArrived', claim, granted: null, waitingSinceMs: null }
          : { type: 'ticked' };
      },
      () => ({ type: 'claimEnded', claimId: 'nothing', outcome: 'ok', cpuSeconds: null }),
      () => ({ type: 'claimCancelled', claimId: 'nothing', by: ANN }),
      () => ({ type: 'movedUp', claimId: 'nothing' }),
      () => ({ type: 'holderGone', holderId: 'nobody' }),
      () => {
        this.atMs += random.pick([-100_000, -1, 86_400_000, 3_600_000]);
        return { type: 'ticked' };
      },
      () => ({ type: 'noticed', notices: ['a notice'] })
    ])();
  }

  private _claims = 0;
  /** What is certain to happen next. */
  private readonly _coming: Happening[] = [];
}
