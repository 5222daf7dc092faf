import { ANN, gpusOf, Harness, nodeOf } from '../../testing/harness';

const GIB = 1024 ** 3;

describe('what is recorded of an execution', () => {
  let node: Harness;

  beforeEach(() => {
    node = new Harness(nodeOf({ gpus: gpusOf(2) }));
    node.holder('k', 'ann', ['atlas']);
  });

  it('[HIST1] is who ran what, when, and with what', () => {
    node.claim('1', 'k', { cpus: { kind: 'fixed', n: 2 } }, { cellId: 'c', sourceHash: 's' });
    node.clock.advance(3000);
    node.end('1');
    const [first] = node.executions;
    expect(first).toMatchObject({
      claimId: '1',
      holderId: 'k',
      holderKind: 'kernel',
      owner: 'ann',
      group: 'all',
      cellId: 'c',
      sourceHash: 's',
      outcome: 'ok',
      thinkMs: null,
      ask: { cpus: { kind: 'fixed', n: 2 } },
      grant: { cpus: [0, 1] }
    });
    expect(first!.endedMs - first!.grantedMs!).toBe(3000);
    expect(first!.grantedMs).toBe(first!.arrivedMs);
  });

  it('[HIST1] is the most that was measured, not the last', () => {
    node.claim('1', 'k');
    const gpuMemoryBytes = { 'GPU-0': GIB, 'GPU-1': GIB };
    node.measure('k', {
      cpusBusy: 3,
      memoryBytes: 2 * GIB,
      threads: 9,
      processes: 2,
      gpuMemoryBytes
    });
    node.measure('k', {
      cpusBusy: 1,
      memoryBytes: GIB,
      threads: 4,
      processes: 1,
      gpuMemoryBytes: {}
    });
    node.end('1');
    expect(node.executions[0]!.used).toMatchObject({
      cpusPeak: 3,
      memoryPeakBytes: 2 * GIB,
      memoryKeptBytes: GIB,
      threadsPeak: 9,
      processesPeak: 2,
      gpuMemoryPeakBytes: 2 * GIB
    });
  });

  it('[HIST1] is a peak between two measurements, too', () => {
    node.claim('1', 'k');
    node.measure('k', { memoryBytes: GIB, memoryPeakBytes: 5 * GIB });
    node.end('1');
    expect(node.executions[0]!.used!.memoryPeakBytes).toBe(5 * GIB);
  });

  it('[HIST1] knows nothing of what was not measured', () => {
    node.claim('1', 'k');
    node.end('1');
    expect(node.executions[0]!.used).toMatchObject({
      cpusPeak: null,
      memoryPeakBytes: null,
      threadsPeak: null,
      gpuMemoryPeakBytes: null
    });
  });

  it('[HIST1] counts as think time what its kernel was idle before, and none while it runs something', () => {
    node.claim('1', 'k');
    node.end('1');
    node.clock.advance(15_000);
    node.claim('2', 'k');
    node.claim('3', 'k', {}, { outerId: '2' });
    node.end('3');
    node.end('2');
    expect(node.executions.map(it => [it.claimId, it.thinkMs])).toEqual([
      ['1', null],
      ['3', null],
      ['2', 15_000]
    ]);
  });

  it('[HIST1] names one that never ran, and is one record for each end', () => {
    node.claim('1', 'k', { gpus: 2 });
    node.holder('l');
    node.claim('2', 'l', { gpus: 2 });
    node.clock.advance(1000);
    node.send({ type: 'claimCancelled', claimId: '2', by: ANN });
    node.end('2');
    expect(node.executions).toHaveLength(1);
    expect(node.executions[0]).toMatchObject({
      outcome: 'cancelled',
      grantedMs: null,
      grant: null,
      used: null
    });
  });

  it('[HIST1] one that never ran ends no think time', () => {
    node.claim('1', 'k', { gpus: 9 });
    node.clock.advance(1000);
    node.claim('2', 'k');
    node.end('2');
    expect(node.executions.map(it => [it.outcome, it.thinkMs])).toEqual([
      ['refused', null],
      ['ok', null]
    ]);
  });

  it('[HIST1] is kept of those that die with their kernel', () => {
    node.claim('1', 'k');
    node.send({ type: 'holderGone', holderId: 'k' });
    expect(node.executions).toMatchObject([{ outcome: 'died', group: 'all' }]);
  });

  it('[HIST1] has no time before the one that it follows', () => {
    node.claim('1', 'k');
    node.send({ type: 'claimEnded', claimId: '1', outcome: 'ok', cpuSeconds: 0, endedMs: 5 });
    const [it] = node.executions;
    expect(it!.endedMs).toBe(it!.grantedMs);
  });
});
