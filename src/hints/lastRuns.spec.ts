import { executed, TestHistory } from '../testing/past';
import { LastRuns } from './lastRuns';
import { suggestionOf } from './suggestion';

describe('[UI14] the last run of a cell', () => {
  it('is what was recorded of it, and suggests as much', async () => {
    const history = new TestHistory();
    history.recorded = [executed({ row: 1 }), executed({ row: 2, cellId: 'other' })];
    const runs = new LastRuns(history);
    const known = new Promise<void>(resolve => runs.changed.connect(() => resolve()));
    expect(runs.of('other')).toBeUndefined();
    expect(runs.of('cell')).toBeUndefined();
    await known;
    expect(history.asked).toHaveLength(1);
    const last = runs.of('cell')!;
    expect(last).toMatchObject({ outcome: 'ok', cpusPeak: 2, tookMs: 4000 });
    expect(suggestionOf(undefined, { last, predicted: null, takes: null })).toEqual({
      cpus: 2,
      memory: '4 GiB',
      time: '10 s'
    });
    expect(history.asked).toHaveLength(1);
  });
});
