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
    expect(node.executions[0]!.used).toEqual({
      cpuSeconds: null,
      memoryKeptBytes: null,
      processesPeak: null,
      gpuUtilisation: null,
      cpusPeak: null,
      memoryPeakBytes: null,
      threadsPeak: null,
      gpuMemoryPeakBytes: null
    });
  });

  it('[HIST1] is the CPU time from the grant on, whatever was measured before or between', () => {
    node.measure('k', { cpuSeconds: 100 });
    node.claim('1', 'k');
    node.clock.advance(4000);
    node.measure('k', { cpuSeconds: 108, cpuSecondsAtGrant: 103 });
    node.measure('k', { cpuSeconds: 107 });
    node.end('1');
    expect(node.executions[0]!.used!.cpuSeconds).toBe(5);
  });

  it.each([
    ['what was measured, where its gate missed children', 4, 5],
    ['what its gate counted, where that was measured in ticks', 5.001, 5.001],
    ['what was measured, where its gate counted more than there can be', 1e9, 5],
    ['what was measured, where its gate counted nothing', null, 5]
  ])('[HIST1] is the CPU time %#: %s', (_, cpuSeconds, used) => {
    node.claim('1', 'k');
    node.clock.advance(3000);
    node.measure('k', { cpuSeconds: 6, cpuSecondsAtGrant: 1 });
    node.send({ type: 'claimEnded', claimId: '1', outcome: 'ok', cpuSeconds });
    expect(node.executions[0]!.used!.cpuSeconds).toBe(used);
  });

  it('[HIST1] is what its gate counted, where nothing was measured', () => {
    node.claim('1', 'k');
    node.send({ type: 'claimEnded', claimId: '1', outcome: 'ok', cpuSeconds: 0.2 });
    expect(node.executions[0]!.used!.cpuSeconds).toBe(0.2);
  });

  it('[HIST1] is the mean utilisation of the GPUs that were granted, while it ran', () => {
    const measured = (...utilisations: readonly (number | null)[]) => {
      const rest = { memoryUsedBytes: 0, temperatureC: null, powerW: null, processes: [] };
      const gpus = utilisations.map((utilisation, at) => ({
        uuid: `GPU-${at}`,
        utilisation,
        ...rest
      }));
      node.send({ type: 'gpusMeasured', gpus });
    };
    measured(1, 1);
    node.claim('1', 'k', { gpus: 1 });
    const at = node.grants.get('1')!.gpus[0] === 'GPU-0';
    const granted = (utilisation: number | null) =>
      at ? measured(utilisation, 1) : measured(1, utilisation);
    granted(0.2);
    granted(null);
    granted(0.6);
    node.claim('2', 'k');
    node.end('2');
    node.end('1');
    measured(1, 1);
    expect(node.executions.map(it => it.used!.gpuUtilisation)).toEqual([null, expect.closeTo(0.4)]);
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

  it('[HIST1] had at least what its kernel kept, where that died before it was measured', () => {
    node.measure('k', { memoryBytes: 3 * GIB });
    node.claim('1', 'k');
    node.send({ type: 'holderGone', holderId: 'k' });
    expect(node.executions[0]!.used!.memoryPeakBytes).toBe(3 * GIB);
  });

  it('[HIST1] had no more than what was measured while it ran', () => {
    node.measure('k', { memoryBytes: 3 * GIB });
    node.claim('1', 'k');
    node.measure('k', { memoryBytes: GIB });
    node.end('1');
    expect(node.executions[0]!.used!.memoryPeakBytes).toBe(GIB);
  });

  it('[HIST1] has no time before the one that it follows', () => {
    node.claim('1', 'k');
    node.send({ type: 'claimEnded', claimId: '1', outcome: 'ok', cpuSeconds: 0, endedMs: 5 });
    const [it] = node.executions;
    expect(it!.endedMs).toBe(it!.grantedMs);
  });
});
