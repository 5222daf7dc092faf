import { runThroughText } from '../components/usualTexts';
import { trans } from '../testing/draw';
import { GIB, NOW_MS } from '../testing/facts';
import { executed, TestHistory } from '../testing/past';
import { runThroughOf, RunThroughs } from './runThrough';

/** Cells that waited one second and ran four, and arrived so long after the one before ended. */
const after = (...pausesMs: readonly number[]): ReturnType<typeof executed>[] =>
  pausesMs.reduce<ReturnType<typeof executed>[]>((all, pauseMs, i) => {
    const arrivedMs = (all.at(-1)?.endedMs ?? NOW_MS) + pauseMs;
    const times = { arrivedMs, grantedMs: arrivedMs + 1000, endedMs: arrivedMs + 5000 };
    return [...all, executed({ row: i + 1, ...times })];
  }, []);

describe('[UI14] the last run through a notebook', () => {
  it('adds up the last cells that ran without a pause', () => {
    const sum = runThroughOf(after(0, 60_000, 20, 30))!;
    expect(sum).toEqual({
      ...{ cells: 3, waitedMs: 3000, ranMs: 12_000, cpuSeconds: 24, memoryPeakBytes: 3 * GIB }
    });
    expect(runThroughText(trans, sum)).toBe(
      'Last 3 cells in a row: waited 3 s, ran 12 s, used 24 s of CPU time, at most 3 GiB.'
    );
  });

  it('leaves out what was not measured, and says nothing of a single cell', () => {
    const unmeasured = after(0, 0).map(it => ({ ...it, used: null }));
    expect(runThroughText(trans, runThroughOf(unmeasured)!)).toBe(
      'Last 2 cells in a row: waited 2 s, ran 8 s.'
    );
    expect(runThroughOf(after(0, 5000))).toBeNull();
    expect(runThroughOf([])).toBeNull();
  });

  it('is asked for once after each end, and unknown where history is off', async () => {
    const history = new TestHistory();
    history.recorded = after(0, 0);
    const runs = new RunThroughs(history);
    const answered = (): Promise<void> =>
      new Promise(resolve => runs.changed.connect(() => resolve()));
    expect([runs.of('k1', 1), runs.of('k1', 1)]).toEqual([null, null]);
    await answered();
    expect(runs.of('k1', 1)).toMatchObject({ cells: 2 });
    expect(history.asked).toHaveLength(1);
    history.refusal = 'off';
    runs.of('k1', 2);
    await answered();
    expect(runs.of('k1', 2)).toBeNull();
  });
});
