import type { Bar, BarDefinitions } from './bar';
import type { Options } from './options';

/** What a measurement found. */
export type Result = {
  /** Those of its bars that could be measured; others are told as not measured. */
  readonly bars: readonly Bar[];
  /** What the bars were made of, a table. */
  readonly rows: readonly object[];
};

/** One measurement: its promises, its options, and how to run it. */
export type Bench = {
  readonly BARS: BarDefinitions;
  readonly OPTIONS: Options;
  /** With a value for each of its options. */
  readonly run: (chosen: never) => Promise<Result>;
};

/** A measurement as the list has it. */
export type Entry = {
  readonly what: string;
  /** How long it takes on a machine with 2 CPUs, about. */
  readonly takesS: { readonly full: number; readonly quick: number };
  /** The measurement that runs this one as well: `all` runs that. */
  readonly partOf?: string;
  /** Each is loaded only when it is asked for. */
  readonly load: () => Promise<Bench>;
};

/** All measurements, in the order in which `all` runs them. */
export const BENCHES: Readonly<Record<string, Entry>> = {
  overhead: {
    what: 'a cell with and without Cellgrant',
    takesS: { full: 45, quick: 15 },
    load: () => import('./overhead')
  },
  decisions: {
    what: 'one decision among up to 10,000 running cells',
    takesS: { full: 30, quick: 15 },
    load: () => import('./decisions')
  },
  profiles: {
    what: 'what cells are predicted to use, what knowing it costs them, and a long history',
    takesS: { full: 420, quick: 120 },
    load: () => import('./profiles')
  },
  invariants: {
    what: 'a million random events, all invariants after each',
    takesS: { full: 300, quick: 15 },
    load: () => import('./invariants')
  },
  policies: {
    what: 'policies side by side in the simulator',
    takesS: { full: 300, quick: 30 },
    load: () => import('./policies')
  },
  enforce: {
    what: 'what a grant costs in each tier, release, rebuild and faults',
    takesS: { full: 900, quick: 240 },
    load: () => import('./enforce')
  },
  rebuild: {
    what: 'what a new sidecar needs to know everything again',
    takesS: { full: 60, quick: 20 },
    partOf: 'enforce',
    load: () => import('./rebuild')
  },
  faults: {
    what: 'things that break at random, on real processes',
    takesS: { full: 420, quick: 30 },
    partOf: 'enforce',
    load: () => import('./faults')
  },
  footprint: {
    what: 'the sidecar beside fifty kernels, and how soon a panel follows',
    takesS: { full: 180, quick: 60 },
    load: () => import('./footprint')
  },
  throughput: {
    what: 'kernels that all compute at once, against stock Jupyter',
    takesS: { full: 120, quick: 40 },
    load: () => import('./throughput')
  },
  pools: {
    what: 'parallel work under `cpus: n`, against a plain kernel',
    takesS: { full: 240, quick: 120 },
    load: () => import('./pools')
  },
  memory: {
    what: 'a large write under a memory limit, against a plain kernel',
    takesS: { full: 60, quick: 30 },
    load: () => import('./memory')
  },
  notebooks: {
    what: 'notebooks side by side, under the operating system and under Cellgrant',
    takesS: { full: 5400, quick: 900 },
    load: () => import('./notebooks')
  },
  hostile: {
    what: 'what an honest kernel feels of eleven floods',
    takesS: { full: 300, quick: 90 },
    load: () => import('./hostile')
  },
  load: {
    what: 'two hundred kernels of twenty users on one node, one of them hostile',
    takesS: { full: 240, quick: 45 },
    load: () => import('./load')
  },
  fuzz: {
    what: 'messages that are nearly right, on a real sidecar',
    takesS: { full: 1800, quick: 60 },
    load: () => import('./fuzz')
  }
};
