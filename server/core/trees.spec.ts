import { gpusOf, Harness, nodeOf } from '../testing/harness';
import { scenario } from '../testing/scenario';

const GIB = 1024 ** 3;

describe('a cell that runs a notebook', () => {
  scenario(
    '[ADM10] the inner cells draw on its memory, and a tree counts once',
    `node 4 cores, 26 GiB
     claim outer memory=12GiB         -> gets all 12 GiB
     kernel inner inside=outer
     claim inner memory=12GiB         -> gets all 12 GiB
     claim other memory=10GiB         -> gets all 10 GiB
     end inner
     claim inner memory=12GiB         -> gets all 12 GiB
     end outer
     claim late memory=1GiB           -> waits memory 1
     end inner                        -> late gets all 1 GiB`
  );

  scenario(
    '[ADM10] what it needs beyond that comes out of what is free',
    `node 4 cores, 26 GiB
     claim outer memory=12GiB         -> gets all 12 GiB
     kernel inner inside=outer
     claim inner memory=16GiB         -> gets all 16 GiB
     claim other memory=8GiB          -> waits memory 1
     end inner                        -> other gets all 8 GiB`
  );

  scenario(
    '[ADM10] two kernels inside of it share what it holds, and wait for each other',
    `node 4 cores, 26 GiB
     claim outer memory=22GiB         -> gets all 22 GiB
     kernel a inside=outer
     kernel b inside=outer
     claim a memory=12GiB             -> gets all 12 GiB
     claim b memory=10GiB             -> gets all 10 GiB
     end b
     claim b memory=12GiB             -> waits memory 1
     end a                            -> b gets all 12 GiB`
  );

  scenario(
    '[ADM10] exclusive CPUs: the inner cell has some of them, whatever it asks',
    `node 4 cores
     claim outer exclusive=true cpus=2 -> gets 0-1
     kernel inner inside=outer
     claim inner exclusive=true cpus=2 -> gets 0-1
     end inner
     claim inner exclusive=true        -> gets 0
     end inner
     claim inner cpus=1                -> gets 0
     end inner
     claim inner                       -> gets 0-1
     held inner                        -> 0-1
     claim other                       -> gets 2-3
     claim third exclusive=true cpus=2 -> waits cpus 1
     end outer                         -> third waits cpus 1
     end inner                         -> third gets 0-1`
  );

  scenario(
    '[ADM10] of exclusive CPUs each inner cell that asks for such has its own',
    `node 4 cores
     claim outer exclusive=true cpus=2 -> gets 0-1
     kernel a inside=outer
     kernel b inside=outer
     claim a exclusive=true            -> gets 0
     claim b exclusive=true            -> gets 1
     kernel c inside=outer
     claim c exclusive=true            -> gets 2
     end c
     claim c exclusive=true cpus=2     -> waits cpus 1
     end a                             -> c waits cpus 1
     end b                             -> c gets 0-1`
  );

  scenario(
    '[ADM10] CPUs that a range insists on',
    `node 4 cores
     claim outer cpus=[3,3]             -> gets 0-2
     kernel inner inside=outer
     claim inner cpus=[3,4]             -> gets 0-1,3
     claim other cpus=[2,2]             -> waits cpus 1
     end inner                          -> other waits cpus 1
     end outer                         -> other gets 0-1`
  );

  scenario(
    '[ADM10] [GPU1] its GPUs first, and one lease of each inside as outside',
    `node 4 cores, 2 gpus
     claim outer gpus=1                -> gets all GPU-0
     kernel a inside=outer
     kernel b inside=outer
     kernel c inside=outer
     claim a gpus=1                    -> gets all GPU-0
     claim b gpus=1                    -> gets all GPU-1
     claim c gpus=1                    -> waits gpus 1
     end a                             -> c gets all GPU-0
     claim other gpus=1                -> waits gpus 1
     end b                             -> other gets all GPU-1`
  );

  scenario(
    '[ADM10] [GPU1] a part of a GPU',
    `node 4 cores, 1 gpus
     claim other gpus=1 gpuMemory=56GiB -> gets all GPU-0
     claim outer gpus=1 gpuMemory=24GiB -> gets all GPU-0
     kernel inner inside=outer
     claim inner gpus=1 gpuMemory=24GiB -> gets all GPU-0
     kernel more inside=outer
     claim more gpus=1 gpuMemory=1GiB   -> waits gpus 1
     end inner                          -> more gets all GPU-0`
  );

  scenario(
    '[ADM10] at whatever remove, and past kernels that are gone',
    `node 4 cores, 26 GiB
     claim outer memory=22GiB          -> gets all 22 GiB
     kernel middle inside=outer
     kernel inner inside=middle
     claim middle memory=20GiB         -> gets all 20 GiB
     claim inner memory=20GiB          -> gets all 20 GiB
     end inner
     gone middle
     claim inner memory=20GiB          -> gets all 20 GiB
     gone outer
     claim late memory=20GiB           -> waits memory 1
     gone inner                        -> late gets all 20 GiB`
  );

  scenario(
    '[ADM10] [ADM6] passes a head that waits for its outer cell',
    `node 4 cores, 26 GiB
     claim outer memory=12GiB          -> gets all 12 GiB
     claim second memory=4GiB          -> gets all 4 GiB
     claim head memory=20GiB priority=9 -> waits memory 1
     kernel inner inside=outer
     claim inner memory=16GiB          -> gets all 16 GiB, head waits memory 1
     end inner                         -> head waits memory 1
     end second                        -> head waits memory 1
     end outer                         -> head gets all 20 GiB`
  );

  scenario(
    '[ADM10] all that it was promised, though it uses some of that itself',
    `node 4 cores, 26 GiB
     claim outer memory=12GiB          -> gets all 12 GiB
     use outer memory=1GiB
     claim other memory=10GiB          -> gets all 10 GiB
     kernel inner inside=outer
     claim inner memory=12GiB          -> gets all 12 GiB`
  );

  scenario(
    '[ADM10] [ADM6] passes a head inside of another cell, that waits for its outer cell',
    `node 4 cores, 26 GiB
     claim p memory=12GiB              -> gets all 12 GiB
     claim q memory=4GiB               -> gets all 4 GiB
     kernel a inside=p
     kernel b inside=q
     claim a memory=20GiB              -> waits memory 1
     claim b memory=8GiB               -> gets all 8 GiB, a waits memory 1
     end b                             -> a waits memory 1
     end q                             -> a gets all 20 GiB`
  );

  it('[ADM10] in the same kernel, too: a cell that takes up another in its midst', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    const asks = { exclusive: true, memoryBytes: 40 * GIB, gpus: 1 };
    it.holder('k');
    it.claim('outer', 'k', { cpus: { kind: 'fixed', n: 2 }, ...asks });
    it.claim('inner', 'k', { cpus: { kind: 'fixed', n: 2 }, ...asks }, { parentId: 'outer' });
    expect(it.grants.get('inner')?.cpus).toBe(it.grants.get('outer')?.cpus);
    it.claim('plain', 'k', {}, { parentId: 'inner' });
    expect(it.confinement('k').cpus).toBe('0-1');
    ['plain', 'inner', 'outer'].forEach(id => it.end(id));
    expect(it.confinement('k').cpus).toBeNull();
  });
});

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
