import { parseCpuList } from '../../server/lib/cpuset';
import type { Execution } from './execution';
import { crowdingEfficiency, waterFill } from './sharing';

/** What a cgroup is held to: its weight, and its CPUs in list syntax or null for all. */
export type Place = { readonly weight: number; readonly cpus: string | null };

/** The cells that are held to one set of CPUs; null for all CPUs. */
type Party = { readonly cpus: string | null; readonly size: number; readonly members: number[] };

/**
 * The kernel's proportional sharing among cgroups, as the simulator takes it to
 * be; the one place that says so.
 *
 * #### Notes
 * 1. A thread uses at most one CPU: n threads that want to run, in a set of m
 *    CPUs, use at most min(n, m) CPUs.
 * 2. Runnable cgroups share the CPUs that they may use by weight; what one
 *    cannot use falls to the others by weight (weighted max-min). The load
 *    balancer is taken to be ideal: threads spread over their CPUs at once.
 * 3. A cell of more than one thread is crowded by the threads that want to run
 *    on its CPUs, per CPU. Threads held to a set crowd that set, the others all
 *    CPUs alike.
 * 4. Sets are equal, disjoint or all CPUs. Others are refused.
 */
export class ProportionalSharing {
  private readonly sets = new Map<string, readonly number[]>();

  constructor(
    private readonly cpus: number,
    private readonly beta: number
  ) {}

  /** Set CPUs and efficiency of each cell by the place of its cgroup. */
  apply(executions: readonly Execution[], placeOf: (execution: Execution) => Place): void {
    const places = executions.map(placeOf);
    const demands = executions.map(({ demand }) => demand);
    const weights = places.map(({ weight }) => weight);
    const parties = this.partiesOf(places);
    const shares = new Float64Array(executions.length);
    this.share(parties, weights, demands, shares);
    const crowds = new Map(parties.map(party => [party.cpus, threadsPerCpu(party, demands)]));
    const everywhere = crowds.get(null) ?? 0;
    executions.forEach((execution, at) => {
      const { cpus } = places[at]!;
      const crowd = cpus === null ? threadsOf(demands) / this.cpus : crowds.get(cpus)! + everywhere;
      execution.cpus = shares[at]!;
      execution.efficiency = crowdingEfficiency(this.beta, execution.demand, crowd);
    });
  }

  private partiesOf(places: readonly Place[]): Party[] {
    const parties = new Map<string | null, Party>();
    places.forEach(({ cpus }, at) => {
      const party = parties.get(cpus) ?? { cpus, size: this.sizeOf(cpus), members: [] };
      party.members.push(at);
      parties.set(cpus, party);
    });
    const held = [...parties.values()].flatMap(({ cpus }) => this.sets.get(cpus ?? '') ?? []);
    if (new Set(held).size < held.length) {
      throw new Error(`sets overlap: ${[...parties.keys()].join(' and ')}`);
    }
    return [...parties.values()];
  }

  private sizeOf(cpus: string | null): number {
    if (cpus === null) {
      return this.cpus;
    }
    const set = this.sets.get(cpus) ?? parseCpuList(cpus);
    this.sets.set(cpus, set);
    return set.length;
  }

  /**
   * Weighted max-min by progressive filling: a set that is full before the level
   * that all CPUs would allow is settled alone, the lowest level first.
   */
  private share(
    parties: readonly Party[],
    weights: readonly number[],
    demands: readonly number[],
    shares: Float64Array
  ): void {
    let open = [...parties];
    let left = this.cpus;
    const fill = (members: readonly number[], capacity: number): number => {
      const part = new Float64Array(members.length);
      const pick = (values: readonly number[]) => members.map(at => values[at]!);
      const level = waterFill(pick(weights), pick(demands), capacity, part);
      members.forEach((at, index) => (shares[at] = part[index]!));
      return level;
    };
    while (open.length) {
      const full = open
        .filter(({ cpus }) => cpus !== null)
        .map(party => ({ party, level: fill(party.members, party.size) }))
        .sort((a, b) => a.level - b.level)[0];
      const level = fill(
        open.flatMap(({ members }) => members),
        left
      );
      if (!full || full.level >= level) {
        return;
      }
      fill(full.party.members, full.party.size);
      left -= full.party.size;
      open = open.filter(party => party !== full.party);
    }
  }
}

function threadsOf(demands: readonly number[]): number {
  return demands.reduce((sum, it) => sum + it, 0);
}

function threadsPerCpu({ members, size }: Party, demands: readonly number[]): number {
  return threadsOf(members.map(at => demands[at]!)) / size;
}
