import { refusal } from '../../server/protocol/errors';
import { NOTHING_ASKED } from '../../server/protocol/ask';
import { parseHints } from '../../server/protocol/hints';
import { done, GIB, NOW_MS, running } from '../testing/facts';
import { suggestionOf } from './suggestion';

describe('suggestion', () => {
  it('asks for what was used, with headroom, in amounts that people write', () => {
    const claim = done({ cpuSeconds: 8.4, memoryPeakBytes: 6.1 * GIB });
    expect(suggestionOf(claim)).toEqual({ cpus: 2, memory: '8 GiB', time: '10 s' });
  });

  it('[ADM1] suggests only what is valid', () => {
    for (const seconds of [1, 59, 300, 7200, 90_000]) {
      const arrivedMs = NOW_MS - seconds * 1000;
      const claim = done({
        arrivedMs,
        grantedMs: arrivedMs,
        endedMs: NOW_MS,
        memoryPeakBytes: seconds * 50 * 1024 ** 2
      });
      expect(parseHints(suggestionOf(claim)).problems).toEqual([]);
    }
  });

  it.each(['MEMORY_NEAR_LIMIT', 'KILLED_AT_LIMIT'] as const)(
    '[MEM6] raises the memory of a run that ended with %s, in the unit of its author',
    code => {
      const ask = { ...NOTHING_ASKED, memoryBytes: 500e6 };
      const claim = done({
        outcome: 'interrupted',
        why: refusal(code),
        ask,
        endedMs: NOW_MS - 4990
      });
      expect(suggestionOf(claim)).toEqual({ memory: '1 GB' });
      expect(suggestionOf({ ...claim, ask: NOTHING_ASKED })).toBeNull();
      expect(suggestionOf({ ...claim, why: refusal('EVICTED') })).toBeNull();
    }
  );

  it('is silent about runs that say nothing', () => {
    expect(suggestionOf(running())).toBeNull();
    expect(suggestionOf(done({ outcome: 'error' }))).toBeNull();
    expect(suggestionOf(done({ endedMs: NOW_MS - 4500 }))).toBeNull();
  });
});
