import type { Cell, CellKind } from '../../server/simulator/cell';
import { speedup, type Speedup } from '../../server/simulator/downey';
import { logNormal, randomSource, uniform, type Random } from './random';

/** The kinds of workload; WORKLOADS describes each in a sentence. */
export type WorkloadName =
  'plain' | 'reruns' | 'waiting' | 'overnight' | 'runAll' | 'devices' | 'evenSizes' | 'fewSerial';

/** What every workload has in common. */
export type WorkloadOptions = {
  readonly cpus: number;
  readonly users: number;
  readonly cellsPerUser: number;
  readonly seed: number;
  readonly speedup: 'concave' | 'linear';
  readonly workload: WorkloadName;
};

/** What tells a workload from the plain one. */
type Traits = {
  readonly text: string;
  /** A cell is, with this probability, one that its user ran before. */
  readonly rerun: number;
  /** Share of the cells that wait for half of their time alone. */
  readonly waiting: number;
  /** A think time is, with this probability, a break of 20 minutes to 11 hours. */
  readonly breaks: number;
  /** A cell follows, with this probability, without any think time. */
  readonly follows: number;
  /** Share of the cells that need a GPU; as many others need much memory. */
  readonly devices: number;
  /** Multiplies the sigma of the work of each kind: 0 for cells of a kind all alike. */
  readonly spread: number;
  /** Share of the cells that are serial; the others keep their proportion. */
  readonly serial: number;
};

const PLAIN: Traits = {
  text: 'every cell new, nothing but CPUs',
  rerun: 0,
  waiting: 0,
  breaks: 0,
  follows: 0,
  devices: 0,
  spread: 1,
  serial: 0.8
};

/** The workloads, each as its difference from the plain one. */
export const WORKLOADS: Readonly<Record<WorkloadName, Traits>> = {
  plain: PLAIN,
  reruns: {
    ...PLAIN,
    text: 'a cell is with probability 0.6 one that its user ran before, its work within about 25 %',
    rerun: 0.6
  },
  waiting: {
    ...PLAIN,
    text: '20 % of the cells wait for half of their time (disk, network, GPU), in turns',
    waiting: 0.2
  },
  overnight: {
    ...PLAIN,
    text: '2 % of the think times are breaks of 20 minutes to 11 hours (Pareto)',
    breaks: 0.02
  },
  runAll: {
    ...PLAIN,
    text: 'a cell follows the last one at once with probability 0.8: bursts of five on average',
    follows: 0.8
  },
  devices: {
    ...PLAIN,
    text: '5 % of the cells hold one of 4 GPUs and compute there for half of their time, 5 % hold 16 to 128 of 240 GiB',
    devices: 0.05
  },
  evenSizes: {
    ...PLAIN,
    text: 'the cells of a kind have all the same work, its mean: no heavy tail',
    spread: 0
  },
  fewSerial: {
    ...PLAIN,
    text: 'half of the cells are serial instead of 80 %',
    serial: 0.5
  }
};

const GIB = 2 ** 30;

/** Work by kind: share among those that are not serial, median in CPU-s, sigma of its logarithm. */
const KINDS = {
  serial: { share: 0, median: 0.2, sigma: 1.2 },
  parallel: { share: 0.75, median: 10, sigma: 1.2 },
  heavy: { share: 0.25, median: 200, sigma: 1.0 }
} as const;

function kindOf(drawn: number, serial: number): CellKind {
  if (drawn < serial) {
    return 'serial';
  }
  return drawn < serial + (1 - serial) * KINDS.parallel.share ? 'parallel' : 'heavy';
}

/** The mean stays as it is whatever the spread. */
function workOf(kind: CellKind, spread: number, random: Random): number {
  const { median, sigma } = KINDS[kind];
  const kept = Math.exp((sigma * sigma * (1 - spread * spread)) / 2);
  return logNormal(random, median * kept, sigma * spread);
}

function speedupOf(kind: CellKind, options: WorkloadOptions, random: Random): Speedup {
  const { cpus } = options;
  if (kind === 'serial') {
    return { parallelism: 1, variance: 1 };
  }
  const drawn =
    kind === 'parallel' ? uniform(random, 4, cpus) : uniform(random, cpus / 2, 2 * cpus);
  return options.speedup === 'linear'
    ? { parallelism: 2 * cpus, variance: 0 }
    : { parallelism: drawn, variance: 1 };
}

/** Log-normal, median 8 s, capped at an hour; or a break, or nothing at all. */
function thinkTimeS(traits: Traits, random: Random): number {
  const usual = Math.min(3600, logNormal(random, 8, 1.78));
  if (traits.follows > 0 && random() < traits.follows) {
    return 0;
  }
  if (traits.breaks > 0 && random() < traits.breaks) {
    return Math.min(11 * 3600, 1200 * (1 - random()) ** -1); // Pareto, exponent 1
  }
  return usual;
}

/** Waits of 50 ms to 5 s, in sum as long as the cell computes alone; at most 50 of them. */
function turnsOf(computeS: number, random: Random): { turns: number; turnWaitS: number } {
  const lengthS = 0.05 * 100 ** random();
  const turns = Math.max(1, Math.min(50, Math.round(computeS / lengthS)));
  return { turns, turnWaitS: computeS / turns };
}

/** A cell that nobody ran before. */
function newCell(
  options: WorkloadOptions,
  traits: Traits,
  user: number,
  at: number,
  random: Random
): Cell {
  const thinkS = thinkTimeS(traits, random);
  const kind = kindOf(random(), traits.serial);
  const work = workOf(kind, traits.spread, random);
  const shape = speedupOf(kind, options, random);
  const threads = kind === 'serial' ? 1 : options.cpus;
  const computeS = work / speedup(shape, threads);
  const device = traits.devices > 0 ? random() / traits.devices : Infinity;
  const onGpu = device < 1;
  const waits = onGpu || (traits.waiting > 0 && random() < traits.waiting);
  const { turns, turnWaitS } = waits ? turnsOf(computeS, random) : { turns: 1, turnWaitS: 0 };
  return {
    user,
    kind,
    thinkS,
    work,
    speedup: shape,
    threads,
    turns,
    turnWaitS,
    aloneS: computeS + turns * turnWaitS,
    source: `user ${user} cell ${at}`,
    gpus: onGpu ? 1 : 0,
    memoryBytes: device >= 1 && device < 2 ? Math.round(uniform(random, 16, 128)) * GIB : 0
  };
}

/** A re-run: the same source and shape, about the same work. */
function rerunOf(earlier: Cell, thinkS: number, random: Random): Cell {
  const factor = logNormal(random, 1, 0.25);
  const turnWaitS = earlier.turnWaitS * factor;
  const work = earlier.work * factor;
  return { ...earlier, thinkS, work, turnWaitS, aloneS: earlier.aloneS * factor };
}

/**
 * The cells of each user, in their order.
 *
 * #### Notes
 * The closed loop: a user thinks, runs a cell, sees it end, and thinks again.
 * Equal options give equal cells.
 */
export function cellsOfUsers(options: WorkloadOptions): Cell[][] {
  const traits = WORKLOADS[options.workload];
  return Array.from({ length: options.users }, (_, user) => {
    const random = randomSource(options.seed, user);
    const sources: Cell[] = [];
    return Array.from({ length: options.cellsPerUser }, (_, at) => {
      if (sources.length && traits.rerun > 0 && random() < traits.rerun) {
        const earlier = sources[Math.floor(random() * sources.length)]!;
        return rerunOf(earlier, thinkTimeS(traits, random), random);
      }
      const cell = newCell(options, traits, user, at, random);
      sources.push(cell);
      return cell;
    });
  });
}
