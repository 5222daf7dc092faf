import type { Row } from './sweep';

/** One thing that the dynamic policy must reach. */
export type Bar = {
  readonly name: string;
  readonly value: number;
  readonly bound: number;
  readonly met: boolean;
};

/** Highest ANTT by number of users: 16 CPUs, beta 0, concave, demand known. */
const ANTT_MAX: Readonly<Record<number, number>> = { 2: 1.05, 16: 1.25, 32: 1.65, 48: 2.65 };
const STP_MIN_32 = 1.43;
/** How much worse learned demand may be than known demand. */
const LEARNED_MAX = 1.1;
/** Rows are rounded to four digits. */
const ROUNDING = 1e-4;

function atMost(name: string, value: number, bound: number): Bar {
  return { name, value, bound, met: value <= bound + ROUNDING };
}

/** What there is without Cellgrant: cgroups of equal weight where there are cgroups, else equal threads. */
function systemOf({ policy }: Row): string {
  return policy === 'dynamic' ? 'os-cgroup-fair' : 'os-per-thread';
}

/** The row of another policy or knowledge that met the same cells. */
function twin(rows: readonly Row[], row: Row, other: Partial<Row>): Row | undefined {
  const wanted = { ...row, ...other };
  const keys = ['workload', 'policy', 'knowledge', 'cpus', 'users', 'beta', 'speedup'] as const;
  return rows.find(it => keys.every(key => it[key] === wanted[key]));
}

function settingOf({ policy, workload, speedup, users, beta, knowledge }: Row): string {
  return `${policy}, ${workload}, ${speedup}, ${users} users, beta ${beta}, demand ${knowledge}`;
}

/** The bars that these rows can tell of, each met or not. */
export function barsOf(rows: readonly Row[]): Bar[] {
  return rows
    .filter(({ policy }) => policy.startsWith('dynamic'))
    .flatMap(row => [
      ...absolute(row),
      ...neverWorse(row, twin(rows, row, { policy: systemOf(row), knowledge: 'none' })),
      ...learned(row, twin(rows, row, { knowledge: 'known' }))
    ]);
}

function absolute(row: Row): Bar[] {
  const { workload, speedup, cpus, beta, knowledge, users, antt, stp } = row;
  const counts =
    row.policy === 'dynamic' &&
    workload === 'plain' &&
    speedup === 'concave' &&
    cpus === 16 &&
    beta === 0;
  const bound = ANTT_MAX[users];
  if (!counts || knowledge !== 'known' || bound === undefined) {
    return [];
  }
  const bars = [atMost(`ANTT, ${settingOf(row)}`, antt, bound)];
  if (users === 32) {
    const met = stp >= STP_MIN_32 - ROUNDING;
    bars.push({ name: `STP at least, ${settingOf(row)}`, value: stp, bound: STP_MIN_32, met });
  }
  return bars;
}

function neverWorse(row: Row, os: Row | undefined): Bar[] {
  return os ? [atMost(`ANTT as ${os.policy}, ${settingOf(row)}`, row.antt, os.antt)] : [];
}

function learned(row: Row, known: Row | undefined): Bar[] {
  return known && row.knowledge === 'learned'
    ? [atMost(`ANTT within 10 % of known, ${settingOf(row)}`, row.antt, known.antt * LEARNED_MAX)]
    : [];
}
