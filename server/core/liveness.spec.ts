import { ANN } from '../testing/harness';
import { RandomSource } from '../testing/randomSource';
import { RandomTrace } from '../testing/randomTrace';
import type { RunningEntry } from './entries';
import { outerClaims } from './holder/trees';
import * as admission from './queue/admission';
import type { State } from './step';

/** Events per seed, and seeds. `CELLGRANT_SEEDS=1000` runs longer. */
const EVENTS = 300;
const SEEDS = Number(process.env.CELLGRANT_SEEDS ?? 25);

/** A running cell that may end: those around others have to wait for them (ADM10). */
function nextToEnd({ running, queue }: State): RunningEntry | undefined {
  const around = new Set([...running, ...queue].flatMap(outerClaims));
  return [...running].find(it => !around.has(it));
}

/**
 * Run a trace, then let every cell end; the claims that were never granted. What idle kernels keep
 * counts against caps until somebody shuts them down, so at the end they keep nothing.
 */
function starved(seed: number): number {
  const trace = new RandomTrace(new RandomSource(seed), {
    nonsense: 0,
    holders: 8,
    caps: seed % 2 ? 0 : 0.4
  });
  for (let index = 0; index < EVENTS; index += 1) {
    trace.next();
  }
  trace.send({ type: 'drainChosen', drain: null, by: ANN });
  trace.send({ type: 'gpusMeasured', gpus: [] });
  trace.send({ type: 'othersMeasured', bytes: 0, totalBytes: 2 ** 50 });
  const figures = { cpusBusy: 0, cpuSeconds: 0, memoryBytes: 0, threads: 1, gpuMemoryBytes: {} };
  const holders = Array.from(trace.state.holders.keys(), holderId => ({ holderId, ...figures }));
  trace.state.accounts.isOn && trace.send({ type: 'useMeasured', holders });
  for (let round = 0; round < 500 && trace.state.queue.length; round += 1) {
    trace.atMs += 60_000;
    const entry = nextToEnd(trace.state);
    const claimId = entry?.claim.id ?? '';
    trace.send({ type: 'claimEnded', claimId, outcome: 'ok', cpuSeconds: 1 });
    trace.send({ type: 'nodeMeasured', cpusBusy: 0, memoryUsedBytes: 0, memoryPressure: 0 });
    trace.send({ type: 'ticked' });
  }
  return trace.state.queue.length;
}

describe('liveness', () => {
  afterEach(() => jest.restoreAllMocks());

  it('[ADM7] [ADM10] P10: given finite cells every claim is granted, or refused in a circle', () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      expect([seed, starved(seed)]).toEqual([seed, 0]);
    }
  });

  it('a planted fault is found: P10', () => {
    const { planGrant } = admission;
    jest.spyOn(admission, 'planGrant').mockImplementation((state, entry) => {
      const plan = planGrant(state, entry);
      const isStuck = entry.claim.ask.gpus > 0 && 'lease' in plan;
      const reason = () => ({ kind: 'unseen', resource: 'gpus', blockers: [] }) as const;
      return isStuck ? { obstacle: { resource: 'gpus', reason } } : plan;
    });
    const left = Array.from({ length: 20 }, (_, seed) => starved(seed + 1));
    expect(Math.max(...left)).toBeGreaterThan(0);
  });
});
