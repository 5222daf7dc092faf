import { NOTHING_ASKED } from '../../protocol/ask';
import { Harness, gpusOf, nodeOf } from '../../testing/harness';
import { scenario } from '../../testing/scenario';
import { storyOf, whyOf } from '../../testing/told';
import { fitOf } from '../claim/fit';
import { PASSES_MAX } from '../queue/reserve';
import { snapshot } from '../view';

const GIB = 1024 ** 3;

describe('memory that others hold', () => {
  scenario(
    '[ADM14] is not granted, and who waits for it goes on when it is free',
    `
    node    4 cores, 64 GiB
    others  24GiB
    claim   k1 memory=30GiB   -> gets all 30 GiB
    claim   k2 memory=20GiB   -> waits memory 1
    others  13GiB             -> k2 gets all 20 GiB
    `
  );

  scenario(
    '[ADM14] is not given either to a cell that runs alone, but what idle kernels keep is',
    `
    node    4 cores, 64 GiB
    kernel  idle
    use     idle memory=40GiB
    others  30GiB
    claim   k1 memory=40GiB   -> waits memory 1
    others  20GiB             -> k1 gets all 40 GiB
    `
  );

  scenario(
    '[ADM14] is in nobody’s way as far as the reserve is there for it',
    `
    node    4 cores, 64 GiB
    others  4GiB
    claim   k1 memory=60GiB   -> gets all 60 GiB
    `
  );

  scenario(
    '[ADM14] takes back no grant, and what it covers runs inside of it',
    `
    node    4 cores, 64 GiB
    kernel  k1
    kernel  k2 inside=k1
    claim   k1 memory=50GiB   -> gets all 50 GiB
    others  40GiB
    claim   k2 memory=40GiB   -> gets all 40 GiB
    held    k1                -> all 50 GiB
    `
  );

  scenario(
    '[ADM14] lets those pass that it leaves room for',
    `
    node    4 cores, 1 gpus, 64 GiB
    others  40GiB
    claim   k1 memory=30GiB gpus=1   -> waits memory 1
    claim   k2 memory=10GiB          -> gets all 10 GiB
    claim   k3 gpus=1                -> gets all GPU-0, k1 waits memory 1
    `
  );

  scenario(
    '[ADM14] [ADM10] is no circle: who waits for it inside of another is not refused',
    `
    node    4 cores, 64 GiB
    others  24GiB
    kernel  k1
    kernel  k2
    kernel  in1 inside=k1
    kernel  in2 inside=k2
    claim   k1 memory=20GiB    -> gets all 20 GiB
    claim   k2 memory=20GiB    -> gets all 20 GiB
    claim   in1 memory=25GiB   -> waits memory 1
    claim   in2 memory=25GiB   -> waits memory 2
    others  0GiB               -> in1 gets all 25 GiB, in2 gets all 25 GiB
    `
  );

  scenario(
    '[ADM14] [ADM10] keeps nobody’s turn from who lacks none of it',
    `
    node    4 cores, 2 gpus, 64 GiB
    kernel  k1
    kernel  in1 inside=k1
    claim   k1 memory=50GiB           -> gets all 50 GiB
    claim   k2 gpus=1 time=60s        -> gets all GPU-0
    claim   in1 gpus=2 memory=40GiB   -> waits gpus 1
    others  40GiB
    claim   k3 gpus=1                 -> waits gpus 2
    `
  );

  it('[ADM14] [ADM7] lets them pass however often, and then nobody once it is free', () => {
    const its = new Harness(nodeOf());
    ['big', 'small', 'last'].forEach(id => its.holder(id));
    const totalBytes = 64 * GIB;
    its.send({ type: 'othersMeasured', bytes: 40 * GIB, totalBytes });
    its.claim('waits', 'big', { memoryBytes: 30 * GIB });
    its.wait(1);
    for (let n = 0; n <= PASSES_MAX + 1; n += 1) {
      its.claim(`c${n}`, 'small', { memoryBytes: 10 * GIB });
      expect(its.grants.has(`c${n}`)).toBe(true);
      its.end(`c${n}`);
    }
    its.claim('runs', 'small', { memoryBytes: 20 * GIB });
    its.claim('other', 'last', { memoryBytes: 2 * GIB });
    its.send({ type: 'othersMeasured', bytes: 20 * GIB, totalBytes });
    its.end('other');
    its.claim('late', 'last', { memoryBytes: 2 * GIB });
    expect(its.grants.has('late')).toBe(false);
    its.end('runs');
    expect(its.grants.has('waits')).toBe(true);
  });

  it('[ADM14] [API4] is named, with whoever else is in the way, as far as it matters', () => {
    const its = new Harness(nodeOf());
    ['alone', 'busy.ipynb'].forEach(id => its.holder(id));
    const reason = (id: string) => whyOf(its.state, id);
    const others = (bytes: number) =>
      its.send({ type: 'othersMeasured', bytes, totalBytes: 64 * GIB });
    others(20 * GIB);
    its.claim('a', 'alone', { memoryBytes: 50 * GIB });
    expect(reason('a')).toBe('for 50 GiB; others on this node hold 20 GiB');
    its.claim('b', 'busy.ipynb', { memoryBytes: 40 * GIB });
    its.send({ type: 'ticked' });
    expect(reason('a')).toBe(
      'for 50 GiB; 40 GiB held by busy.ipynb; others on this node hold 20 GiB'
    );
    others(5 * GIB);
    its.send({ type: 'ticked' });
    expect(reason('a')).toBe('for 50 GiB; 40 GiB held by busy.ipynb');
  });

  it('[ADM14] of a machine that is handed out in part counts beyond the other part', () => {
    const its = new Harness(nodeOf({ memoryBytes: 8 * GIB, memoryReserveBytes: GIB }));
    its.holder('k');
    its.send({ type: 'othersMeasured', bytes: 50 * GIB, totalBytes: 64 * GIB });
    its.claim('fits', 'k', { memoryBytes: 7 * GIB });
    expect(its.grants.has('fits')).toBe(true);
    its.end('fits');
    its.send({ type: 'othersMeasured', bytes: 60 * GIB, totalBytes: 64 * GIB });
    its.claim('waits', 'k', { memoryBytes: 7 * GIB });
    expect(its.grants.has('waits')).toBe(false);
    expect(snapshot(its.state, 0, '').node.memoryOthersBytes).toBe(60 * GIB);
  });

  it('[ADM14] [ADM11] is told before a cell runs', () => {
    const its = new Harness(nodeOf());
    its.holder('k');
    its.send({ type: 'othersMeasured', bytes: 20 * GIB, totalBytes: 64 * GIB });
    const ask = { ...NOTHING_ASKED, memoryBytes: 50 * GIB };
    expect(fitOf(its.state, its.state.holders.get('k')!, ask)).toMatchObject({
      kind: 'waits',
      reason: { kind: 'held', blockers: [], othersBytes: 20 * GIB }
    });
  });

  it.each([NaN, Infinity, -1])('[ADM14] of %d bytes is no figure', bytes => {
    const its = new Harness(nodeOf());
    its.send({ type: 'othersMeasured', bytes, totalBytes: 64 * GIB });
    expect(snapshot(its.state, 0, '').node.memoryOthersBytes).toBeNull();
  });

  it('[ADM14] [GPU4] of a whole GPU is told with its grant', () => {
    const its = new Harness(nodeOf({ gpus: gpusOf(1) }));
    its.holder('k');
    const figures = { memoryUsedBytes: null, utilisation: null, temperatureC: null, powerW: null };
    const process = { pid: 7, name: 'train', owner: 'bob', holderId: null };
    const processes = [
      { ...process, memoryBytes: 12 * GIB },
      { ...process, pid: 8, name: 'Xorg', memoryBytes: 20 * GIB, isDisplay: true as const }
    ];
    its.send({ type: 'gpusMeasured', gpus: [{ ...figures, uuid: 'GPU-0', processes }] });
    its.claim('c', 'k', { gpus: 1 });
    expect(storyOf(its.state, 'c')).toContain(
      'On the same GPU, 12 GiB of GPU 0 held without a grant by process 7 of bob (train).'
    );
  });

  it('[ADM14] [ADM9] takes no kept grant that would not be enough beside it', () => {
    const its = new Harness(nodeOf());
    ['keeps', 'waits', 'runs'].forEach(id => its.holder(id));
    its.claim('runs', 'runs', { memoryBytes: GIB });
    its.claim('kept', 'keeps', { memoryBytes: 30 * GIB, hold: true });
    its.end('kept');
    its.wait(60_000);
    const others = (bytes: number) =>
      its.send({ type: 'othersMeasured', bytes, totalBytes: 64 * GIB });
    others(30 * GIB);
    its.claim('asks', 'waits', { memoryBytes: 40 * GIB });
    its.wait(60_000);
    expect(its.state.keeping.size).toBe(1);
    expect(its.grants.has('asks')).toBe(false);
    others(10 * GIB);
    expect(its.state.keeping.size).toBe(0);
    expect(its.grants.has('asks')).toBe(true);
  });
});
