import { barOf, defineBars, type Bar, type BarDefinition } from '../bar';
import { quantile } from '../statistics';
import type { Row } from './sweep';
import type { Undersubscribed } from './undersubscribed';

/** On 16 CPUs, concave speed-up, beta 0, demand known. */
const antt = (users: number, bound: number) =>
  ({ name: `ANTT of ${users} users`, unit: 'x', bound, better: 'lower' }) as const;

/** What the dynamic policy must reach. */
export const BARS = defineBars({
  antt2: antt(2, 1.05),
  antt16: antt(16, 1.25),
  antt32: antt(32, 1.6),
  antt48: antt(48, 2.65),
  stp32: { name: 'STP of 32 users', unit: 'x', bound: 1.43, better: 'higher' },
  anttOverSystem: {
    name: 'ANTT over that of the operating system on the same cells, the worst setting',
    unit: 'x',
    bound: 1,
    better: 'lower'
  },
  anttLearnedOverKnown: {
    name: 'ANTT with learned demand over that with known demand, the worst setting',
    unit: 'x',
    bound: 1.1,
    better: 'lower'
  },
  undersubscribedAntt: { ...antt(16, 1.01), name: 'ANTT where untagged demands fit' },
  undersubscribedWrites: {
    name: 'writes where untagged demands fit',
    unit: 'count',
    bound: 0,
    better: 'lower'
  }
});

/** The bars that these rows can tell of. */
export function barsOf(rows: readonly Row[], fitting: Undersubscribed): readonly Bar[] {
  return [
    ...absolute(rows),
    ...worst(
      BARS.anttOverSystem,
      ratios(rows, row => ({ policy: systemOf(row), knowledge: 'none' }))
    ),
    ...worst(
      BARS.anttLearnedOverKnown,
      ratios(rows, row => (row.knowledge === 'learned' ? { knowledge: 'known' } : null))
    ),
    barOf(BARS.undersubscribedAntt, fitting.antt),
    barOf(BARS.undersubscribedWrites, fitting.writes)
  ];
}

function absolute(rows: readonly Row[]): readonly Bar[] {
  const plain = { workload: 'plain', policy: 'dynamic', knowledge: 'known' } as const;
  const setting = { ...plain, cpus: 16, beta: 0, speedup: 'concave' } as const;
  const figure = (bar: BarDefinition, users: number, metric: 'antt' | 'stp') => {
    const row = rows.find(it => isIn(it, { ...setting, users }));
    return row ? [barOf(bar, row[metric])] : [];
  };
  return [
    ...figure(BARS.antt2, 2, 'antt'),
    ...figure(BARS.antt16, 16, 'antt'),
    ...figure(BARS.antt32, 32, 'antt'),
    ...figure(BARS.antt48, 48, 'antt'),
    ...figure(BARS.stp32, 32, 'stp')
  ];
}

/** What there is without Cellgrant: cgroups of equal weight where there are cgroups, else equal threads. */
function systemOf({ policy }: Row): string {
  return policy === 'dynamic' ? 'os-cgroup-fair' : 'os-per-thread';
}

/** The ANTT of each dynamic row over that of the row which differs from it as said. */
function ratios(
  rows: readonly Row[],
  otherOf: (row: Row) => Partial<Row> | null
): readonly number[] {
  const keys = ['workload', 'policy', 'knowledge', 'cpus', 'users', 'beta', 'speedup'] as const;
  return rows
    .filter(({ policy }) => policy.startsWith('dynamic'))
    .flatMap(row => {
      const other = otherOf(row);
      const wanted = Object.fromEntries(keys.map(key => [key, { ...row, ...other }[key]]));
      const twin = other && rows.find(it => isIn(it, wanted));
      return twin ? [row.antt / twin.antt] : [];
    });
}

function isIn(row: Row, wanted: Partial<Row>): boolean {
  return Object.entries(wanted).every(([key, value]) => row[key as keyof Row] === value);
}

/** The highest of them, and as its spread from the lowest on; none where there are none. */
function worst(bar: BarDefinition, values: readonly number[]): readonly Bar[] {
  const [low, high] = [quantile(values, 0), quantile(values, 1)];
  return values.length ? [barOf(bar, high, [low, high])] : [];
}
