import { NOTHING_ASKED, type Ask } from '../../protocol/ask';
import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { recorded } from '../../simulator/recorded';
import { fitOf } from '../claim/fit';

const GIB = 1024 ** 3;

describe('what a cell usually needs', () => {
  let node: Harness;

  beforeEach(() => {
    node = new Harness(nodeOf({ gpus: gpusOf(1) }));
    node.holder('a');
    node.holder('b');
  });

  const fit = (cellId: string | null, ask: Partial<Ask> = {}) =>
    fitOf(node.state, node.state.holders.get('a')!, { ...NOTHING_ASKED, ...ask }, cellId);

  const remember = (cellId: string, endedMs = 40_000): void => {
    const used = { cpusPeak: 1.8, memoryBeforeBytes: 0, memoryPeakBytes: 2 * GIB };
    const execution = recorded({ cellId, grantedMs: 0, endedMs, outcome: 'ok' }, used);
    node.send({ type: 'remembered', executions: [execution] });
  };

  it('[LEARN6] is what it used last, what is predicted of it, and how long it takes if runs agree', () => {
    remember('c', 30_000);
    remember('c', 41_000);
    remember('c');
    const memory = Math.round(2 * GIB * 1.1 + 32 * 1024 ** 2);
    expect(fit('c')).toEqual({
      kind: 'now',
      usual: {
        last: {
          endedMs: 40_000,
          tookMs: 40_000,
          outcome: 'ok',
          cpusPeak: 1.8,
          memoryPeakBytes: 2 * GIB,
          gpuMemoryPeakBytes: null
        },
        predicted: {
          cpus: { amount: 1.8, level: 'cell', runs: 3 },
          memoryBytes: { amount: memory, level: 'cell', runs: 3 },
          gpuMemoryBytes: null
        },
        takes: { fromMs: 30_000, toMs: 41_000, runs: 3 }
      }
    });
  });

  it('[LEARN6] is nothing for a cell that was not named, or is not known', () => {
    remember('c');
    expect(fit(null)).toEqual({ kind: 'now' });
    expect(fit('other')).toEqual({ kind: 'now' });
  });

  it('[LEARN6] comes with every answer, and after a cell that ran here', () => {
    node.claim('1', 'a', {}, { cellId: 'c' });
    node.measure('a', { cpusBusy: 2, memoryBytes: GIB });
    node.clock.advance(3000);
    node.end('1');
    expect(fit('c', { gpus: 2 })).toMatchObject({
      kind: 'never',
      usual: { last: { tookMs: 3000, cpusPeak: 2, memoryPeakBytes: GIB }, takes: null }
    });
  });

  it('[LEARN6] [ADM11] says when a cell that waits would start, as the queue would', () => {
    const run = () => recorded({ sourceHash: 's', endedMs: 8000 }, { cpusPeak: 1 });
    node.send({ type: 'remembered', executions: [run(), run(), run()] });
    node.claim('1', 'b', { gpus: 1 }, { sourceHash: 's' });
    expect(fit('c', { gpus: 1 })).toMatchObject({
      kind: 'waits',
      startsIn: { fromMs: 8000, toMs: 8000, runs: 3 }
    });
    node.wait(3000);
    expect(fit('c', { gpus: 1 })).toMatchObject({ startsIn: { fromMs: 5000, toMs: 5000 } });
    node.holder('c');
    node.claim('2', 'c', { gpus: 1, timeMs: 60_000 });
    expect(fit('c', { gpus: 1 })).toMatchObject({ startsIn: { fromMs: 65_000, toMs: 65_000 } });
    expect(fit('c', { gpus: 1, priority: 1 })).toMatchObject({ startsIn: { toMs: 5000 } });
    node.wait(5000);
    expect(fit('c', { gpus: 1 })).toMatchObject({ kind: 'waits', startsIn: null });
  });
});
