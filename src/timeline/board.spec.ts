import { TestArbiter } from '../testing/arbiter';
import { kernel, NOW_MS, running, snapshot, waiting } from '../testing/facts';
import { executed, TestHistory } from '../testing/past';
import { Signal } from '@lumino/signaling';
import type { IKernelPaths } from '../tokens';
import { Board } from './board';

function opened(): { arbiter: TestArbiter; history: TestHistory; board: Board } {
  const arbiter = new TestArbiter();
  const history = new TestHistory();
  history.recorded = [executed({ row: 1 })];
  const paths: IKernelPaths = {
    paths: new Map(),
    changed: new Signal<IKernelPaths, void>({} as IKernelPaths),
    reveal: async () => undefined
  };
  arbiter.push(snapshot({ holders: [kernel()] }));
  return { arbiter, history, board: new Board(history, arbiter.model, paths) };
}

const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

describe('[UI10] the timeline', () => {
  it('asks for nothing before somebody looks, and then only for what is new', async () => {
    const { arbiter, history, board } = opened();
    await settled();
    expect(history.asked).toEqual([]);
    board.tick();
    await settled();
    board.tick();
    board.tick();
    await settled();
    expect(history.asked).toEqual(['history after -']);
    history.recorded.push(executed({ row: 2, arrivedMs: NOW_MS - 900, endedMs: NOW_MS - 500 }));
    arbiter.push(snapshot({ revision: 2, atMs: NOW_MS + 1, holders: [kernel()] }));
    board.tick();
    await settled();
    expect(board.rows()[0]!.spans.map(it => it.claimId)).toEqual(['c1', 'c2']);
  });

  it('shows what waits and runs now, once', async () => {
    const { arbiter, board } = opened();
    const claims = [running({ id: 'c1' }), waiting({ id: 'c8' }), running({ id: 'c9' })];
    arbiter.push(snapshot({ revision: 2, atMs: NOW_MS + 1, holders: [kernel()], claims }));
    board.tick();
    await settled();
    const [row] = board.rows();
    expect(row!.spans.map(it => it.claimId).sort()).toEqual(['c1', 'c8', 'c9']);
  });

  it('starts again for another range', async () => {
    const { history, board } = opened();
    board.tick();
    await settled();
    board.choose({ range: 'week' });
    await settled();
    expect(history.asked).toEqual(['history after -', 'history after -']);
    expect(board.span.toMs - board.span.fromMs).toBe(604_800_000);
  });

  it('explains what it cannot show', async () => {
    const { history, board } = opened();
    history.refusal = 'History is off.';
    board.tick();
    await settled();
    expect(board.problem).toBe('History is off.');
  });
});

describe('[UI11] plots and reports', () => {
  it('are asked for when they are shown, and not again within seconds', async () => {
    const { arbiter, history, board } = opened();
    board.choose({ view: 'plots' });
    board.tick();
    await settled();
    expect(history.asked).toEqual(['series of node in 400 points']);
    arbiter.nowMs += 60_000;
    board.tick();
    await settled();
    expect(history.asked).toHaveLength(2);
    board.choose({ of: { kind: 'holder', id: 'k1' } });
    await settled();
    expect(history.asked.at(-1)).toBe('series of holder:k1 in 400 points');
    expect(board.plots.value?.of).toEqual({ kind: 'holder', id: 'k1' });
    board.choose({ view: 'report', by: 'day' });
    await settled();
    expect(history.asked.at(-1)).toBe('report by day');
  });
});
