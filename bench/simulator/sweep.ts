import {
  arbiter,
  BASELINES,
  OS_BY_HAND,
  OS_CGROUP_FAIR,
  OS_PER_THREAD,
  BY_MASKS,
  type Contender
} from './catalogue';
import { simulate } from '../../server/simulator/engine';
import { meanMetrics, metricsOf, type Metrics } from './metrics';
import { cellsOfUsers, type WorkloadName, type WorkloadOptions } from './workload';

/** One line of the result: a policy in one setting, the mean over the seeds. */
export type Row = {
  readonly workload: WorkloadName;
  readonly policy: string;
  readonly knowledge: Contender['knowledge'];
  readonly cpus: number;
  readonly users: number;
  readonly beta: number;
  readonly speedup: WorkloadOptions['speedup'];
} & Metrics;

/** How much of everything is run. */
export type Effort = { readonly seeds: readonly number[]; readonly cellsPerUser: number };

/** Contenders that meet the same cells in the same settings. */
export type Comparison = {
  readonly workload: WorkloadName;
  readonly speedups: readonly WorkloadOptions['speedup'][];
  readonly cpus: number;
  readonly users: readonly number[];
  readonly betas: readonly number[];
  readonly contenders: readonly Contender[];
};

/** The effort that the bars speak of. */
export const FULL: Effort = { seeds: [1, 2, 3], cellsPerUser: 250 };

const USERS = [2, 16, 32, 48];
const BUSY = [16, 32, 48];
const KNOWN = arbiter('known');
const UNKNOWN = arbiter('unknown');
const LEARNED = arbiter('learned');
const PLAIN = {
  workload: 'plain',
  speedups: ['concave'],
  cpus: 16,
  users: USERS,
  betas: [0]
} as const;

/** What the full run compares. */
export const COMPARISONS: readonly Comparison[] = [
  {
    ...PLAIN,
    speedups: ['concave', 'linear'],
    contenders: [
      ...BASELINES,
      arbiter('unknown', 'naive'),
      arbiter('unknown', 'partitioned'),
      KNOWN,
      UNKNOWN
    ]
  },
  {
    ...PLAIN,
    users: BUSY,
    betas: [0.05, 0.1, 0.2],
    contenders: [OS_PER_THREAD, OS_CGROUP_FAIR, KNOWN]
  },
  { ...PLAIN, cpus: 64, users: [96], contenders: [OS_PER_THREAD, OS_CGROUP_FAIR, KNOWN] },
  {
    ...PLAIN,
    workload: 'reruns',
    speedups: ['concave', 'linear'],
    contenders: [OS_CGROUP_FAIR, KNOWN, UNKNOWN, LEARNED]
  },
  {
    ...PLAIN,
    workload: 'waiting',
    speedups: ['concave', 'linear'],
    contenders: [OS_CGROUP_FAIR, KNOWN, UNKNOWN]
  },
  { ...PLAIN, speedups: ['concave', 'linear'], users: [16, 32], contenders: [BY_MASKS] },
  {
    ...PLAIN,
    workload: 'waiting',
    speedups: ['concave', 'linear'],
    users: [16, 32],
    contenders: [OS_PER_THREAD, BY_MASKS]
  },
  { ...PLAIN, workload: 'overnight', users: BUSY, contenders: [OS_CGROUP_FAIR, UNKNOWN] },
  { ...PLAIN, workload: 'runAll', contenders: [OS_CGROUP_FAIR, UNKNOWN] },
  { ...PLAIN, workload: 'devices', users: BUSY, contenders: [OS_BY_HAND, UNKNOWN] },
  { ...PLAIN, workload: 'evenSizes', users: BUSY, contenders: [OS_CGROUP_FAIR, UNKNOWN] },
  { ...PLAIN, workload: 'fewSerial', users: BUSY, contenders: [OS_CGROUP_FAIR, UNKNOWN] }
];

/** Everything that is compared, in one busy setting each. */
export const BUSY_COMPARISONS: readonly Comparison[] = COMPARISONS.map(comparison => ({
  ...comparison,
  speedups: comparison.workload === 'plain' ? comparison.speedups : ['concave'],
  users: [32],
  betas: comparison.betas.slice(-1)
}));

function round(metrics: Metrics): Metrics {
  const rounded = Object.entries(metrics).map(([name, value]) => [name, Number(value.toFixed(4))]);
  return Object.fromEntries(rounded) as Metrics;
}

/** Run one contender in one setting. */
export function runOne(
  contender: Contender,
  setting: Omit<WorkloadOptions, 'seed' | 'cellsPerUser'> & { readonly beta: number },
  effort: Effort
): Row {
  const { workload, cpus, users, beta, speedup } = setting;
  const runs = effort.seeds.map(seed => {
    const cells = cellsOfUsers({ ...setting, seed, cellsPerUser: effort.cellsPerUser });
    return metricsOf(simulate(cells, contender.make(setting)), cpus);
  });
  const { policy, knowledge } = contender;
  const head = { workload, policy, knowledge, cpus, users, beta, speedup };
  return { ...head, ...round(meanMetrics(runs)) };
}

/** All rows of some comparisons; `onRow` hears of each as it is found. */
export function runAll(
  comparisons: readonly Comparison[],
  effort: Effort,
  onRow: (row: Row) => void = () => undefined
): Row[] {
  const rows: Row[] = [];
  for (const { workload, speedups, cpus, users, betas, contenders } of comparisons) {
    for (const speedup of speedups) {
      for (const beta of betas) {
        for (const contender of contenders) {
          for (const count of users) {
            const setting = { workload, cpus, users: count, beta, speedup };
            const row = runOne(contender, setting, effort);
            rows.push(row);
            onRow(row);
          }
        }
      }
    }
  }
  return rows;
}
