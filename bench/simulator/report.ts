import type { Bar } from '../bar';
import { boundOf, tableOf } from '../table';
import type { GroupRow } from './groups';
import { svgOf } from './plot';
import type { Effort, Row } from './sweep';
import { WORKLOADS, type WorkloadName } from './workload';

/** What the report is made of. */
export type Findings = {
  readonly effort: Effort;
  readonly rows: readonly Row[];
  readonly groups: readonly GroupRow[];
  readonly bars: readonly Bar[];
};

const PLAIN: Partial<Row> = { workload: 'plain', speedup: 'concave', cpus: 16, beta: 0 };

function select(rows: readonly Row[], wanted: Partial<Row>): Row[] {
  return rows.filter(row =>
    Object.entries(wanted).every(([name, value]) => row[name as keyof Row] === value)
  );
}

function nameOf({ policy, knowledge }: Row): string {
  return knowledge === 'none' ? policy : `${policy} (${knowledge})`;
}

function figure({ antt, stp }: Row): string {
  return `${antt.toFixed(antt < 100 ? 2 : 0)} (${stp.toFixed(2)})`;
}

/** ANTT (STP): a line for each policy, a column for each value of one setting. */
function comparison(rows: readonly Row[], column: 'users' | 'beta'): string {
  const columns = [...new Set(rows.map(row => row[column]))].sort((a, b) => a - b);
  const names = [...new Set(rows.map(nameOf))];
  const head = columns.map(value => (column === 'users' ? `${value} users` : `beta ${value}`));
  const lines = names.map(name => [
    name,
    ...columns.map(value => {
      const row = rows.find(it => nameOf(it) === name && it[column] === value);
      return row ? figure(row) : '';
    })
  ]);
  return tableOf(['ANTT (STP)', ...head], lines);
}

function otherWorkloads(rows: readonly Row[]): string[] {
  const names = [...new Set(rows.map(({ workload }) => workload))].filter(it => it !== 'plain');
  return names.flatMap((workload: WorkloadName) =>
    [...new Set(select(rows, { workload }).map(({ speedup }) => speedup))].flatMap(speedup => [
      `### ${workload}, ${speedup}`,
      `${capital(WORKLOADS[workload].text)}.`,
      comparison(select(rows, { workload, speedup }), 'users')
    ])
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function waitsOf(rows: readonly Row[]): string {
  const lines = select(rows, { workload: 'devices' }).map(row => [
    `${nameOf(row)}, ${row.users} users`,
    row.antt.toFixed(2),
    row.p95.toFixed(1),
    row.maxWaitS.toFixed(0)
  ]);
  return tableOf(['policy', 'ANTT', 'p95 of NTT', 'longest wait, s'], lines);
}

function tailsOf(rows: readonly Row[]): string {
  const lines = select(rows, { ...PLAIN, users: 32 }).map(row => [
    nameOf(row),
    row.p95.toFixed(2),
    row.shortP95.toFixed(2),
    row.maxWaitS.toFixed(0),
    `${(100 * row.utilization).toFixed(0)} %`
  ]);
  return tableOf(['32 users', 'p95', 'p95, short cells', 'longest wait, s', 'CPUs in use'], lines);
}

function barLines(bars: readonly Bar[]): string {
  const lines = bars.map(bar => [
    bar.name,
    bar.value.toFixed(3),
    boundOf(bar),
    bar.met ? 'yes' : 'NO'
  ]);
  return tableOf(['bar', 'found', 'bound', 'met'], lines);
}

function groupsTable(groups: readonly GroupRow[]): string {
  const percent = (part: number | null) =>
    part === null ? 'never' : `${(100 * part).toFixed(0)} %`;
  const lines = groups.map(({ policy, group, quota, shareWhenShort, shareAlone, antt }) => [
    `${policy}, group "${group}"`,
    percent(quota),
    percent(shareWhenShort),
    percent(shareAlone),
    antt.toFixed(2)
  ]);
  const head = ['group', 'quota', 'had while both were short', 'had while alone', 'ANTT'];
  return tableOf(head, lines);
}

/** What each figure rests on; the workloads that take an assumption away are named. */
const ASSUMPTIONS = [
  '**Cells speed up less and less** (Downey, sigma 1). This carries the gain in STP: fewer threads per cell waste fewer CPUs. Where the speed-up is linear there is no such gain, and what is left is the gain in ANTT from serving short cells first.',
  '**Libraries start as many threads as there are CPUs.** This carries the distance between `os-per-thread` and `os-cgroup-fair`, and all of what crowding (beta) costs the operating system.',
  '**Most cells are short.** Weights that fall with the CPU time used carry most of the gain in ANTT. It is not the heavy tail within a kind (`evenSizes` takes it away) nor the large share of serial cells (`fewSerial`): it is that short and long cells meet.',
  '**The loop is closed**: a user waits for a cell before starting the next. It bounds what any policy can lose; with bursts (`runAll`) more cells meet and the distances grow, with breaks (`overnight`) fewer do and they shrink.',
  '**The kernel shares by weight ideally** and spreads threads at once (`proportionalSharing.ts` says exactly what is taken for granted). It is in favour of the operating system as well: `naive`, the core without control, gives its figures to the last digit.',
  '**Threads wait passively** where beta is 0. Beta is lost by cells of more than one thread only, for each thread too many per CPU. Where the arbiter lends CPUs by weight its cells crowd each other as those of the operating system do.',
  '**A decision costs nothing here**: the round trip of a claim and the writes are measured elsewhere. Use is measured once a second, so a cell that ends sooner is never measured.',
  '**Knowing the demand beforehand** carries next to nothing: what a cell really uses is measured within a second, and what is unknown until then is only how many threads to start. So `unknown`, `learned` (a re-run does about the same work) and `known` lie close together.',
  '**Not simulated**: memory that kernels keep between cells, evictions, errors and interrupts, hyper-threads, memory bandwidth, NUMA.'
];

const METRICS = [
  'NTT of a cell is (end − arrival) / time alone on the node with as many threads as its libraries start. **ANTT** is its mean over all cells: how many times slower than alone, lower is better. **STP** is the progress of all cells in seconds of their time alone, per second in which at least one cell is there: higher is better. In a closed loop the sum of all progress is given, so STP says how soon everything is done. A cell is short up to 1 s alone.'
];

/** The report, in Markdown. */
export function reportOf({ effort, rows, groups, bars }: Findings): string {
  const linear = select(rows, { ...PLAIN, speedup: 'linear' });
  const busy = select(rows, { workload: 'plain', cpus: 16, speedup: 'concave', users: 32 });
  const swept = new Set(busy.filter(({ beta }) => beta > 0).map(nameOf));
  const crowded = busy.filter(row => swept.has(nameOf(row)));
  const sections = [
    '# Policies side by side',
    'Written by `npm run bench -- policies --report`; do not edit. The simulator runs the same core as the sidecar, on a simulated clock, against the operating system, batch queues and oracles, which all meet the same cells.',
    `Seeds ${effort.seeds.join(', ')}; ${effort.cellsPerUser} cells per user; means over seeds.`,
    ...METRICS,
    '![ANTT and STP over the number of users](policies.svg)',
    '## 16 CPUs, concave speed-up',
    comparison(select(rows, PLAIN), 'users'),
    tailsOf(rows),
    '## 16 CPUs, linear speed-up',
    comparison(linear, 'users'),
    '## When crowded threads cost something: 32 users',
    comparison(crowded, 'beta'),
    '## 64 CPUs',
    comparison(select(rows, { cpus: 64 }), 'users'),
    '## Other workloads, 16 CPUs',
    ...otherWorkloads(rows),
    '### Waiting for GPUs and memory',
    'The operating system has no queue for them: here it is given what people do by hand, a fixed GPU for each kernel and first come, first served.',
    waitsOf(rows),
    '### Two groups with quotas',
    '24 users in each, plain workload, concave: how much of the CPUs each group had while both wanted more than they had, and while the other wanted nothing.',
    groupsTable(groups),
    '## Which assumption carries which figure',
    ASSUMPTIONS.map(it => `- ${it}`).join('\n'),
    '## Bars',
    '16 CPUs, plain workload, concave speed-up, beta 0, demand known, where nothing else is said.',
    barLines(bars)
  ];
  return `${sections.join('\n\n')}\n`;
}

const DRAWN: readonly Partial<Row>[] = [
  { policy: 'dynamic', knowledge: 'known' },
  { policy: 'os-cgroup-fair' },
  { policy: 'os-per-thread' },
  { policy: 'static-partition' },
  { policy: 'equipartition' },
  { policy: 'remaining-time-weights' }
];

/** ANTT and STP over the number of users, as a picture. */
export function pictureOf({ rows }: Findings): string {
  const seriesOf = (metric: 'antt' | 'stp') =>
    DRAWN.map(wanted => select(rows, { ...PLAIN, ...wanted })).map(found => ({
      name: found[0]!.policy,
      points: found.map(row => [row.users, row[metric]] as const)
    }));
  return svgOf([
    {
      title: 'ANTT, lower is better (16 CPUs, concave)',
      series: seriesOf('antt'),
      isLogarithmic: true,
      ticks: [1, 2, 5, 10, 25]
    },
    {
      title: 'STP, higher is better',
      series: seriesOf('stp'),
      isLogarithmic: false,
      ticks: [0.4, 0.8, 1.2, 1.6, 2]
    }
  ]);
}
