import { gpusOf, Harness, nodeOf } from '../testing/harness';
import { scenario } from '../testing/scenario';

describe('cells that would wait in a circle', () => {
  scenario(
    '[ADM10] one that asks for more than its outer cell leaves is refused',
    `node 4 cores
     claim outer exclusive=true cpus=2 -> gets 0-1
     kernel inner inside=outer
     claim inner exclusive=true cpus=3 -> refused INSIDE
     claim outer2 gpus=0 cpus=2        -> gets 2-3
     end outer2
     end outer
     claim inner exclusive=true cpus=3 -> gets 0-2`
  );

  scenario(
    '[ADM10] across trees: who closes the circle is refused, and the others go on',
    `node 4 cores, 26 GiB
     claim p memory=11GiB              -> gets all 11 GiB
     claim q memory=10GiB              -> gets all 10 GiB
     kernel a inside=p
     kernel b inside=q
     claim a memory=16GiB              -> waits memory 1
     claim b memory=15GiB              -> refused INSIDE
     end q                             -> a gets all 16 GiB`
  );

  scenario(
    '[ADM10] across resources, and who waits for a third is not in it',
    `node 4 cores, 26 GiB, 2 gpus
     claim p gpus=1                    -> gets all GPU-0
     claim q memory=20GiB              -> gets all 20 GiB
     claim r gpus=1                    -> gets all GPU-1
     kernel a inside=p
     kernel b inside=q
     claim b gpus=1                    -> waits gpus 1
     claim a memory=8GiB               -> waits memory 1
     end r                             -> b gets all GPU-1
     end b
     end q                             -> a gets all 8 GiB`
  );

  scenario(
    '[ADM10] waits for what a kernel keeps for its next cell (ADM9)',
    `node 4 cores, 26 GiB
     claim keeper memory=8GiB hold=true -> gets all 8 GiB
     end keeper
     claim p memory=6GiB               -> gets all 6 GiB
     kernel a inside=p
     claim q                           -> gets all
     claim a memory=16GiB              -> waits memory 1
     wait 31 s                         -> a gets all 16 GiB`
  );

  it('[ADM10] the refusal names what it runs inside of, and what that holds', () => {
    const it = new Harness();
    it.holder('outer.ipynb');
    it.claim('1', 'outer.ipynb', { exclusive: true, cpus: { kind: 'fixed', n: 2 } });
    it.holder('inner.ipynb', 'user', [], 'outer.ipynb');
    const [refused] = it.claim('2', 'inner.ipynb', {
      exclusive: true,
      cpus: { kind: 'fixed', n: 3 }
    });
    const details = {
      path: 'exclusive',
      asked: 'true with 3 CPUs',
      outer: 'outer.ipynb',
      held: '2 CPUs'
    };
    expect(refused).toMatchObject({ type: 'refuse', refusal: { code: 'INSIDE', details } });
  });

  it('[ADM10] [GPU7] who waits for a GPU that is lost is in no circle', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(2) }));
    it.holder('outer');
    it.claim('1', 'outer', { gpus: 1 });
    it.holder('inner', 'user', [], 'outer');
    const figures = { memoryUsedBytes: null, utilisation: null, temperatureC: null, powerW: null };
    const lost = { uuid: 'GPU-1', isLost: true as const, processes: [], ...figures };
    it.send({ type: 'gpusMeasured', gpus: [lost] });
    expect(it.claim('2', 'inner', { gpus: 2 })).toMatchObject([{ type: 'wait', claimId: '2' }]);
  });
});
