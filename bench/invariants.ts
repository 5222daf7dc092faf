import { performance } from 'node:perf_hooks';
import { checkInvariants } from '../server/core/invariants';
import { RandomSource } from '../server/testing/randomSource';
import { RandomTrace } from '../server/testing/randomTrace';

const EVENTS = 1_000_000;
const EVENTS_PER_SEED = 50_000;
/** Some nodes are crowded: what looks at a few claims at a time has to find them all. */
const CROWDED_EVERY = 5;
const CROWD = { nonsense: 0.05, holders: 60 };

type Fault = { readonly seed: number; readonly event: number; readonly fault: string };

type Found = {
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

/**
 * A million random events, nonsense among them, with all invariants checked
 * after each. `npm run bench -- invariants [EVENTS]`.
 */
export async function run(args: readonly string[] = []): Promise<Found> {
  const wanted = Number(args[0] ?? EVENTS);
  const before = performance.now();
  const faults: Fault[] = [];
  let [effects, claimsMax, seed] = [0, 0, 0];
  for (let left = wanted; left > 0; left -= EVENTS_PER_SEED) {
    seed += 1;
    const found = runSeed(seed, Math.min(left, EVENTS_PER_SEED));
    effects += Object.values(found.trace.counts).reduce((sum, n) => sum + n, 0);
    claimsMax = Math.max(claimsMax, found.claimsMax);
    found.fault && faults.push(found.fault);
  }
  return {
    events: wanted,
    effects,
    seconds: Math.round((performance.now() - before) / 1000),
    claimsMax,
    heapMb: Math.round(process.memoryUsage().heapUsed / 1e6),
    faults
  };
}
