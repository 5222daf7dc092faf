import { performance } from 'node:perf_hooks';
import { checkInvariants } from '../server/core/invariants';
import { RandomSource } from '../server/testing/randomSource';
import { RandomTrace } from '../server/testing/randomTrace';
import { barOf, defineBars, never } from './bar';
import type { Result } from './bench';
import { count, type Chosen } from './options';

const EVENTS_PER_SEED = 50_000;
/** Some nodes are crowded: what looks at a few claims at a time has to find them all. */
const CROWDED_EVERY = 5;
const CROWD = { nonsense: 0.05, holders: 60 };

type Fault = { readonly seed: number; readonly event: number; readonly fault: string };

export const BARS = defineBars({ violations: never('traces in which an invariant was violated') });

export const OPTIONS = { events: count('random events', 1_000_000, 50_000) };

type Found = Result & {
  readonly events: number;
  readonly effects: number;
  readonly seconds: number;
  /** Claims that one state ever remembered at once, and the heap at the end. */
  readonly claimsMax: number;
  readonly heapMb: number;
  readonly faults: readonly Fault[];
};

/** One seed: its first fault, or null. */
function runSeed(seed: number, events: number) {
  const wildness = seed % CROWDED_EVERY === 0 ? CROWD : undefined;
  const trace = new RandomTrace(new RandomSource(seed), wildness);
  let claimsMax = 0;
  for (let event = 0; event < events; event += 1) {
    trace.next();
    claimsMax = Math.max(claimsMax, trace.state.claims.size);
    const [fault] = checkInvariants(trace.state);
    if (fault) {
      return { trace, claimsMax, fault: { seed, event, fault } };
    }
  }
  return { trace, claimsMax, fault: null };
}

/** A million random events, nonsense among them, with all invariants checked after each. */
export async function run({ events }: Chosen<typeof OPTIONS>): Promise<Found> {
  const before = performance.now();
  const faults: Fault[] = [];
  const rows: object[] = [];
  let [effects, claimsMax] = [0, 0];
  for (let seed = 1; (seed - 1) * EVENTS_PER_SEED < events; seed += 1) {
    const left = events - (seed - 1) * EVENTS_PER_SEED;
    const found = runSeed(seed, Math.min(left, EVENTS_PER_SEED));
    const sum = Object.values(found.trace.counts).reduce((a, b) => a + b, 0);
    effects += sum;
    claimsMax = Math.max(claimsMax, found.claimsMax);
    rows.push({ seed, effects: sum, claimsMax: found.claimsMax, fault: found.fault?.fault ?? '' });
    found.fault && faults.push(found.fault);
  }
  return {
    bars: [barOf(BARS.violations, faults.length)],
    rows,
    events,
    effects,
    seconds: Math.round((performance.now() - before) / 1000),
    claimsMax,
    heapMb: Math.round(process.memoryUsage().heapUsed / 1e6),
    faults
  };
}
