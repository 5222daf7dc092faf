import type { CpuSet } from '../protocol/cpuset';
import type { Execution } from './execution';
import { crowdingEfficiency, waterFill } from './sharing';

/** What a cell is held to: the weight of its cgroup, and its CPUs or null for all. */
export type CpuGroup = { readonly weight: number; readonly cpus: CpuSet | null };

/** A cell that wants to run, in its set of CPUs. */
type Bidder = {
  readonly set: CpuSet;
  readonly weight: number;
  readonly demand: number;
  /** Its offer for each CPU of its set. */
  readonly bids: Float64Array;
  share: number;
};

/** Rounds after which shares are close enough, and how close that is. */
const ROUNDS_MAX = 40;
const CLOSE = 1e-3;
/** An offer falls to this part of the weight at most, so that it can rise again. */
const LEAST_OFFER = 1e-4;

/**
 * The kernel's proportional sharing among cells, as the simulator takes it to
 * be; the one place that says so.
 *
 * #### Notes
 * 1. A thread uses at most one CPU: n threads that want to run, in a set of m
 *    CPUs, use at most min(n, m) CPUs.
 * 2. Runnable cells share the CPUs that they may use by weight; what one cannot
 *    use falls to the others by weight (weighted max-min). The load balancer is
 *    taken to be ideal: threads spread over their CPUs at once.
 * 3. The weight is that of the cgroup; where cells have no cgroups
 *    (`byWeight` false) every thread weighs the same.
 * 4. A cell of more than one thread is crowded by the threads that want to run
 *    on its CPUs, per CPU, each thread counted evenly over its own set.
 *
 * Without sets the shares are exact. With sets they are found by proportional
 * response (Wu and Zhang, 2007): each cell spreads its weight over its CPUs as it
 * was served there, each CPU serves by what it is offered, until nothing moves.
 */
export class ProportionalSharing {
  private readonly all: CpuSet;

  constructor(
    private readonly cpus: number,
    private readonly beta: number,
    private readonly byWeight = true
  ) {
    this.all = Array.from({ length: cpus }, (_, cpu) => cpu);
  }

  /** Set CPUs and efficiency of each cell by its place. */
  apply(executions: readonly Execution[], placeOf: (execution: Execution) => CpuGroup): void {
    const places = executions.map(placeOf);
    if (places.every(({ cpus }) => cpus === null)) {
      this.shareAll(executions, places);
    } else {
      this.shareSets(executions, places);
    }
  }

  private weightOf(execution: Execution, place: CpuGroup): number {
    return this.byWeight ? place.weight : Math.max(1, execution.threads);
  }

  private shareAll(executions: readonly Execution[], places: readonly CpuGroup[]): void {
    const demands = executions.map(({ demand }) => demand);
    const weights = executions.map((execution, at) => this.weightOf(execution, places[at]!));
    const threadsPerCpu = demands.reduce((sum, it) => sum + it, 0) / this.cpus;
    const shares = new Float64Array(executions.length);
    waterFill(weights, demands, this.cpus, shares);
    executions.forEach((execution, at) => {
      execution.cpus = shares[at]!;
      execution.efficiency = crowdingEfficiency(this.beta, execution.demand, threadsPerCpu);
    });
  }

  private shareSets(executions: readonly Execution[], places: readonly CpuGroup[]): void {
    const threadsOn = new Float64Array(this.cpus);
    const bidders = executions.map((execution, at): Bidder => {
      const set = places[at]!.cpus ?? this.all;
      const { demand } = execution;
      set.forEach(cpu => (threadsOn[cpu]! += demand / set.length));
      const weight = this.weightOf(execution, places[at]!);
      const bids = new Float64Array(set.length).fill(demand > 0 ? weight / set.length : 0);
      return { set, weight, demand: Math.min(demand, set.length), bids, share: 0 };
    });
    this.settle(bidders.filter(({ demand }) => demand > 0));
    executions.forEach((execution, at) => {
      const { set, share } = bidders[at]!;
      const crowd = set.reduce((sum, cpu) => sum + threadsOn[cpu]!, 0) / set.length;
      execution.cpus = share;
      execution.efficiency = crowdingEfficiency(this.beta, execution.demand, crowd);
    });
  }

  private settle(bidders: readonly Bidder[]): void {
    const prices = new Float64Array(this.cpus);
    for (let round = 0, moved = Infinity; round < ROUNDS_MAX && moved > CLOSE; round += 1) {
      prices.fill(0);
      for (const { set, bids } of bidders) {
        set.forEach((cpu, at) => (prices[cpu]! += bids[at]!));
      }
      moved = 0;
      for (const bidder of bidders) {
        moved = Math.max(moved, respond(bidder, prices));
      }
    }
  }
}

/** Take what was offered for, and offer anew: less in all by whoever got more than it can use. */
function respond(bidder: Bidder, prices: Float64Array): number {
  const { set, bids, weight, demand, share } = bidder;
  let served = 0;
  let offer = 0;
  set.forEach((cpu, at) => {
    offer += bids[at]!;
    served += bids[at]! / prices[cpu]!;
  });
  const next = Math.max(LEAST_OFFER * weight, Math.min(weight, (offer * demand) / served));
  set.forEach((cpu, at) => {
    bids[at] = (next * (bids[at]! / prices[cpu]!)) / served;
  });
  bidder.share = Math.min(demand, served);
  return Math.abs(bidder.share - share);
}
