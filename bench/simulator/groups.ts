import { EVEN_SHARING, plainGroup, type Sharing } from '../../server/core/policy/groups';
import { mean } from '../statistics';
import { nodeOf, OS_CGROUP_FAIR } from './catalogue';
import { simulate, type Finished, type IPolicy } from '../../server/simulator/engine';
import type { Execution } from '../../server/simulator/execution';
import { normalisedTurnaround } from './metrics';
import { Arbiter } from '../../server/simulator/policies/arbiter';
import type { Effort } from './sweep';
import { cellsOfUsers } from './workload';

/** What one group got. */
export type GroupRow = {
  readonly policy: string;
  readonly group: string;
  readonly users: number;
  /** Part of the CPUs that it is owed. */
  readonly quota: number;
  /** Part of the CPUs that it had while every group wanted more than it had. */
  readonly shareWhenShort: number;
  /** Part of the CPUs that it had while nobody else wanted any, and it all; null if that never was. */
  readonly shareAlone: number | null;
  readonly antt: number;
};

const CPUS = 16;
/** Two groups of as many users, owed a quarter and three quarters. */
const GROUPS = [
  { name: 'small', quota: 0.25 },
  { name: 'large', quota: 0.75 }
] as const;
const USERS_EACH = 24;

const SHARING: Sharing = {
  ...EVEN_SHARING,
  groups: GROUPS.map(({ name, quota }) => ({
    ...plainGroup(name),
    quota: { kind: 'fraction', of: quota }
  }))
};

function groupOf(user: number): number {
  return user % GROUPS.length;
}

/** CPU time by group, while all groups want more than they have, and while one is alone. */
class GroupMeter implements IPolicy {
  readonly short = GROUPS.map(() => 0);
  readonly alone = GROUPS.map(() => 0);
  shortS = 0;
  readonly aloneS = GROUPS.map(() => 0);

  private sinceS = 0;
  private had = GROUPS.map(() => 0);
  private wants = GROUPS.map(() => 0);

  constructor(private readonly policy: IPolicy) {}

  arrived(execution: Execution, nowS: number): void {
    this.policy.arrived(execution, nowS);
  }

  ended(execution: Execution, nowS: number): void {
    this.policy.ended(execution, nowS);
  }

  share(executions: readonly Execution[], nowS: number): number {
    this.count(nowS - this.sinceS);
    const callAgainS = this.policy.share(executions, nowS);
    this.sinceS = nowS;
    this.had = GROUPS.map(() => 0);
    this.wants = GROUPS.map(() => 0);
    for (const { cell, cpus, demand } of executions) {
      this.had[groupOf(cell.user)]! += cpus;
      this.wants[groupOf(cell.user)]! += demand;
    }
    return callAgainS;
  }

  /** Part of the CPUs that a group had while it was alone; of no meaning if it never was. */
  aloneShare(group: number): number {
    return this.alone[group]! / (CPUS * this.aloneS[group]!);
  }

  private count(seconds: number): void {
    const { had, wants } = this;
    if (wants.every((want, group) => want > had[group]! + 1e-6)) {
      this.shortS += seconds;
      had.forEach((cpus, group) => (this.short[group]! += cpus * seconds));
    }
    const present = wants.flatMap((want, group) => (want > 0 ? [group] : []));
    const only = present[0];
    if (present.length === 1 && only !== undefined && wants[only]! >= CPUS) {
      this.aloneS[only]! += seconds;
      this.alone[only]! += had[only]! * seconds;
    }
  }
}

type Run = { readonly meter: GroupMeter; readonly finished: readonly Finished[] };

function runOne(policy: string, make: () => IPolicy, effort: Effort): GroupRow[] {
  const users = USERS_EACH * GROUPS.length;
  const runs = effort.seeds.map((seed): Run => {
    const meter = new GroupMeter(make());
    const { cellsPerUser } = effort;
    const cells = cellsOfUsers({
      cpus: CPUS,
      users,
      cellsPerUser,
      seed,
      speedup: 'concave',
      workload: 'plain'
    });
    return { meter, finished: simulate(cells, meter).finished };
  });
  return GROUPS.map(({ name, quota }, group) => {
    const over = (figure: (run: Run) => number, among: readonly Run[] = runs) =>
      Number(mean(among.map(figure)).toFixed(4));
    const alone = runs.filter(({ meter }) => meter.aloneS[group]! > 0);
    return {
      policy,
      group: name,
      users: USERS_EACH,
      quota,
      shareWhenShort: over(({ meter }) => meter.short[group]! / (CPUS * meter.shortS)),
      shareAlone: alone.length ? over(({ meter }) => meter.aloneShare(group), alone) : null,
      antt: over(({ finished }) =>
        mean(finished.filter(it => groupOf(it.cell.user) === group).map(normalisedTurnaround))
      )
    };
  });
}

/** Two groups with quotas on one node, under the operating system and under the core. */
export function runGroups(effort: Effort): GroupRow[] {
  const users = USERS_EACH * GROUPS.length;
  const arbiter = () =>
    new Arbiter({
      node: nodeOf(CPUS),
      beta: 0,
      knowledge: 'unknown',
      policy: 'dynamic',
      users,
      sharing: SHARING,
      groupOf: user => [GROUPS[groupOf(user)]!.name]
    });
  const system = () => OS_CGROUP_FAIR.make({ cpus: CPUS, users, beta: 0 });
  return [...runOne('os-cgroup-fair', system, effort), ...runOne('dynamic', arbiter, effort)];
}
