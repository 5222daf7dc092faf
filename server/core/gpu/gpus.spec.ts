import { snapshot } from '../view';
import { gpusOf, Harness, nodeOf, slicesOf } from '../../testing/harness';
import { scenario } from '../../testing/scenario';
import { storyOf, whyOf } from '../../testing/told';

describe('GPUs', () => {
  scenario(
    '[GPU1] parts of a GPU are shared while they fit',
    `
    node   4 cores, 1 gpus
    claim  k1 gpus=1 gpuMemory=40GiB   -> gets all GPU-0
    claim  k2 gpus=1 gpuMemory=30GiB   -> gets all GPU-0
    claim  k3 gpus=1 gpuMemory=20GiB   -> waits gpus 1
    end    k1                          -> k3 gets all GPU-0
    claim  k4 gpus=1                   -> waits gpus 1
    `
  );

  scenario(
    '[GPU1] [ADM9] a part that was kept serves no cell that asks for a GPU alone',
    `
    node   4 cores, 1 gpus
    claim  k1 gpus=1 gpuMemory=10GiB hold=true   -> gets all GPU-0
    end    k1
    claim  k2 gpus=1 gpuMemory=10GiB             -> gets all GPU-0
    claim  k1 gpus=1                             -> waits gpus 1
    end    k2                                    -> k1 gets all GPU-0
    claim  k2 gpus=1 gpuMemory=10GiB             -> waits gpus 1
    `
  );

  scenario(
    '[GPU1] what is promised of the memory that slices share is promised once',
    `
    node   4 cores, 3 slices
    claim  k1 gpus=1 gpuMemory=50GiB   -> gets all MIG-0
    claim  k2 gpus=1 gpuMemory=40GiB   -> waits gpus 1
    claim  k3 gpus=1 gpuMemory=30GiB   -> gets all MIG-0, k2 waits gpus 1
    end    k1                          -> k2 gets all MIG-0
    `
  );

  scenario(
    '[GPU1] slices that share memory are leased whole beside each other, not beside parts',
    `
    node   4 cores, 3 slices
    claim  k1 gpus=1                   -> gets all MIG-0
    claim  k2 gpus=1                   -> gets all MIG-1
    claim  k3 gpus=1 gpuMemory=10GiB   -> waits gpus 1
    end    k1                          -> k3 waits gpus 1
    end    k2                          -> k3 gets all MIG-2
    claim  k4 gpus=1                   -> waits gpus 1
    `
  );

  scenario(
    '[GPU2] a kernel is bound by its first GPU cell; first bindings are spread',
    `
    node   4 cores, 2 gpus
    claim  k1 gpus=1   -> gets all GPU-0
    end    k1
    claim  k2 gpus=1   -> gets all GPU-1
    claim  k3 gpus=1   -> gets all GPU-0
    claim  k1 gpus=1   -> waits gpus 1
    end    k2
    end    k3          -> k1 gets all GPU-0
    claim  k1 gpus=2   -> refused BOUND
    `
  );

  scenario(
    "[GPU2] one that waits for the head's GPU waits; one bound to a free GPU does not",
    `
    node   4 cores, 2 gpus
    claim  k1 gpus=1   -> gets all GPU-0
    claim  k2 gpus=1   -> gets all GPU-1
    end    k1
    claim  k3 gpus=1   -> gets all GPU-0
    claim  k1 gpus=1   -> waits gpus 1
    end    k2
    claim  k2 gpus=1   -> gets all GPU-1
    `
  );

  it.each([{ gpuModel: 'A100' }, { gpuMemoryBytes: 60 * 1024 ** 3 }])(
    '[GPU2] [ADM3] a kernel is refused where the first of its GPUs is not such a one: %j',
    ask => {
      const [small, large] = [gpusOf(1, 40 * 1024 ** 3)[0]!, gpusOf(2, 80 * 1024 ** 3, 'A100')[1]!];
      const it = new Harness(nodeOf({ gpus: [small, large] }));
      const bound = { boundGpus: [small.uuid, large.uuid], owner: 'user', group: [], gated: true };
      const holder = {
        id: 'k1',
        pid: 1,
        startTicks: 1,
        kind: 'kernel' as const,
        name: 'k1',
        ...bound
      };
      it.send({ type: 'holderArrived', holder });
      expect(it.claim('1', 'k1', { gpus: 1, ...ask })).toMatchObject([
        { type: 'refuse', refusal: { code: 'BOUND' } }
      ]);
      it.claim('2', 'k1', { gpus: 1, gpuModel: 'H100' });
      expect(it.grants.get('2')?.gpus).toEqual([small.uuid]);
    }
  );

  it('[ADM3] one cell cannot use several MIG slices, which CUDA shows one of', () => {
    const slices = gpusOf(2).map(gpu => ({ ...gpu, uuid: `MIG-${gpu.uuid}` }));
    const it = new Harness(nodeOf({ gpus: slices }));
    it.holder('k1');
    const [refused] = it.claim('1', 'k1', { gpus: 2 });
    expect(refused).toMatchObject({
      type: 'refuse',
      refusal: { details: { path: 'gpus', total: { kind: 'together', count: 0 } } }
    });
    const effects = it.claim('2', 'k1', { gpus: 1 });
    expect(effects.map(effect => effect.type)).toEqual(['bind', 'grant']);
  });

  describe('that do not answer any more', () => {
    const figures = { memoryUsedBytes: null, utilisation: null, temperatureC: null, powerW: null };
    const told = (it: Harness, lost: readonly number[]) =>
      it.send({
        type: 'gpusMeasured',
        gpus: gpusOf(2).map(({ uuid }, index) => ({
          ...figures,
          uuid,
          processes: [],
          ...(lost.includes(index) && { isLost: true as const })
        }))
      });
    let its: Harness;

    beforeEach(() => {
      its = new Harness(nodeOf({ gpus: gpusOf(2) }));
      ['k1', 'k2', 'k3'].forEach(id => its.holder(id));
    });

    it('[GPU7] are granted to nobody; others are, and who waits lets others pass', () => {
      told(its, [0]);
      expect(its.claim('1', 'k1', { gpus: 1 })).toMatchObject([
        { type: 'bind', gpus: ['GPU-1'] },
        { type: 'grant', grant: { gpus: ['GPU-1'] } }
      ]);
      its.claim('2', 'k2', { gpus: 2 });
      expect(whyOf(its.state, '2')).toBe('for 2 GPUs; GPU 1 held by k1');
      its.end('1');
      expect(whyOf(its.state, '2')).toBe('for 2 GPUs; GPU 0 does not answer');
      const passing = its.claim('3', 'k3', { gpus: 1 });
      expect(passing.map(effect => effect.type)).toContain('grant');
      its.end('3');
      expect(told(its, [])).toMatchObject([{ type: 'bind' }, { type: 'grant', claimId: '2' }]);
    });

    it('[GPU7] are waited for by a kernel that is bound to them, which is told so', () => {
      its.claim('1', 'k1', { gpus: 1 });
      its.end('1');
      told(its, [0]);
      its.claim('2', 'k1', { gpus: 1 });
      expect(whyOf(its.state, '2')).toBe(
        'for 1 GPU; GPU 0 does not answer, and this kernel uses no other until it restarts'
      );
      expect(snapshot(its.state, 0, '').node.gpus.map(gpu => gpu.isLost)).toEqual([
        true,
        undefined
      ]);
    });

    it('[GPU7] are told to the cell that has them, once', () => {
      its.claim('1', 'k1', { gpus: 1 });
      its.claim('beside', 'k1', { gpus: 1 });
      its.claim('2', 'k2', { gpus: 1 });
      told(its, [0]);
      told(its, [0]);
      const said = (id: string): string => storyOf(its.state, id).join(' ');
      expect(said('1').match(/GPU 0 does not answer any more\./g)).toHaveLength(1);
      expect(said('2')).not.toContain('does not answer');
    });
  });

  it.each([
    ['a GPU', gpusOf(1)],
    ['a slice that shares it', slicesOf(2)]
  ])('[GPU3] memory that others hold on %s, leased or not, is not granted', (_, gpus) => {
    const it = new Harness(nodeOf({ gpus }));
    it.holder('k1');
    const measured = (holderId: string | null, memoryBytes: number) =>
      it.send({
        type: 'gpusMeasured',
        gpus: [
          {
            uuid: gpus[0]!.uuid,
            memoryUsedBytes: memoryBytes,
            utilisation: null,
            temperatureC: null,
            powerW: null,
            processes: [{ pid: 7, name: 'python', memoryBytes, owner: 'bo', holderId }]
          }
        ]
      });
    measured(null, 60 * 1024 ** 3);
    const waits = it.claim('1', 'k1', { gpus: 1, gpuMemoryBytes: 30 * 1024 ** 3 });
    expect(waits).toMatchObject([{ type: 'wait', claimId: '1' }]);
    const effects = measured('k1', 60 * 1024 ** 3);
    expect(effects.map(effect => effect.type)).toEqual(['bind', 'grant']);
  });

  /** What nvidia-smi tells of GPU-0. */
  function used(it: Harness, holderId: string | null, memoryBytes: number): void {
    const process = { pid: 7, name: 'python', memoryBytes, owner: 'bo', holderId };
    const figures = { memoryUsedBytes: null, utilisation: null, temperatureC: null, powerW: null };
    it.send({ type: 'gpusMeasured', gpus: [{ uuid: 'GPU-0', ...figures, processes: [process] }] });
  }

  it('[GPU3] what a kernel holds beyond its lease is not granted to others', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    ['k1', 'k2'].forEach(id => it.holder(id));
    const gib = (amount: number) => ({ gpus: 1, gpuMemoryBytes: amount * 1024 ** 3 });
    it.claim('1', 'k1', gib(10));
    used(it, 'k1', 60 * 1024 ** 3);
    expect(it.claim('2', 'k2', gib(30))).toMatchObject([{ type: 'wait', claimId: '2' }]);
  });

  it('[GPU4] a GPU that somebody from outside uses is granted after the others', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(2) }));
    it.holder('k');
    used(it, null, 0); // a driver that tells no amounts
    it.claim('1', 'k', { gpus: 1 });
    expect(it.grants.get('1')?.gpus).toEqual(['GPU-1']);
  });

  it('[ADM6] what a head keeps itself is not in its way: nobody passes who would delay it', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    ['head', 'runs', 'later'].forEach(id => it.holder(id));
    const gib = (amount: number) => ({ gpus: 1, gpuMemoryBytes: amount * 1024 ** 3 });
    used(it, 'head', 30 * 1024 ** 3);
    it.claim('r', 'runs', gib(10));
    it.claim('h', 'head', gib(75));
    expect(it.claim('l', 'later', gib(20)).map(effect => effect.type)).toEqual(['wait']);
    expect(it.end('r')).toContainEqual(expect.objectContaining({ type: 'grant', claimId: 'h' }));
  });
});
