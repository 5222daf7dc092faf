import { NOTHING_ASKED } from '../../server/protocol/ask';
import { refusal } from '../../server/protocol/errors';
import { parseHints } from '../../server/protocol/hints';
import type { Level } from '../../server/protocol/prediction';
import { done, GIB, lastRun, running, usual } from '../testing/facts';
import { suggestionOf } from './suggestion';

describe('suggestion', () => {
  it('[UI14] asks for what was used, with headroom, in amounts that people write', () => {
    const last = lastRun({ cpusPeak: 2.1, memoryPeakBytes: 6.1 * GIB });
    expect(suggestionOf(done(), usual({ last }))).toEqual({
      ...{ cpus: 2, memory: '8 GiB', time: '10 s' }
    });
  });

  it('[UI14] asks for what is predicted of this cell rather than for what it used last', () => {
    const of = (level: Level, runs = 5): ReturnType<typeof usual> =>
      usual({
        predicted: {
          cpus: { amount: 4, level, runs },
          memoryBytes: { amount: 9 * GIB, level, runs },
          gpuMemoryBytes: null
        },
        takes: { fromMs: 80_000, toMs: 100_000, runs }
      });
    const expected = { cpus: 4, memory: '12 GiB', time: '3 min' };
    expect(suggestionOf(undefined, of('source'))).toEqual(expected);
    expect(suggestionOf(undefined, { ...of('cell'), last: null })).toEqual(expected);
    expect(suggestionOf(undefined, of('notebook'))).toMatchObject({ cpus: 2, memory: '4 GiB' });
  });

  it('[ADM1] suggests only what is valid', () => {
    for (const seconds of [1, 59, 300, 7200, 90_000]) {
      const last = lastRun({ tookMs: seconds * 1000, memoryPeakBytes: seconds * 50 * 1024 ** 2 });
      expect(parseHints(suggestionOf(undefined, usual({ last }))).problems).toEqual([]);
    }
  });

  it.each(['MEMORY_NEAR_LIMIT', 'KILLED_AT_LIMIT'] as const)(
    '[MEM6] raises the memory of a run that ended with %s, in the unit of its author',
    code => {
      const ask = { ...NOTHING_ASKED, memoryBytes: 500e6 };
      const claim = done({ outcome: 'interrupted', why: refusal(code), ask });
      expect(suggestionOf(claim, null)).toEqual({ memory: '1 GB' });
      expect(suggestionOf({ ...claim, ask: NOTHING_ASKED }, null)).toBeNull();
      expect(suggestionOf({ ...claim, why: refusal('EVICTED') }, null)).toBeNull();
    }
  );

  it('is silent about runs that say nothing', () => {
    expect(suggestionOf(running(), null)).toBeNull();
    expect(suggestionOf(done(), usual({ last: lastRun({ outcome: 'error' }) }))).toBeNull();
    expect(suggestionOf(done(), usual({ last: lastRun({ tookMs: 500 }) }))).toBeNull();
  });
});
