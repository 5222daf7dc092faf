import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { scenario } from '../../testing/scenario';

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

  it('[ADM10] [GPU1] a part of a GPU, which two cells inside are not both promised', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    const part = { gpus: 1, gpuMemoryBytes: 40 * GIB };
    it.holder('other');
    it.holder('outer');
    it.claim('1', 'other', part);
    it.claim('2', 'outer', part);
    it.holder('inner', 'user', [], 'outer');
    expect(it.claim('3', 'inner', part)).toContainEqual(
      expect.objectContaining({ type: 'grant', claimId: '3' })
    );
    expect(it.claim('4', 'inner', part)).toMatchObject([{ type: 'wait', claimId: '4' }]);
    expect(it.end('3')).toContainEqual(expect.objectContaining({ type: 'grant', claimId: '4' }));
  });

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

  scenario(
    '[ADM10] [ADM6] passes a head also where the kernel between runs nothing',
    `node 4 cores, 26 GiB
     claim outer memory=12GiB          -> gets all 12 GiB
     claim second memory=4GiB          -> gets all 4 GiB
     claim head memory=20GiB priority=9 -> waits memory 1
     kernel middle inside=outer
     kernel inner inside=middle
     claim inner memory=16GiB          -> gets all 16 GiB, head waits memory 1`
  );

  scenario(
    '[ADM10] [ADM6] passes no head once its outer cell has ended',
    `node 4 cores, 26 GiB
     claim second memory=4GiB          -> gets all 4 GiB
     claim head memory=20GiB priority=9 -> waits memory 1
     kernel outer
     kernel inner inside=outer
     claim inner memory=16GiB          -> waits memory 2`
  );

  scenario(
    '[ADM10] [ADM7] what idle kernels keep is in no way of it where only those around it run',
    `node 4 cores, 26 GiB
     kernel idle
     use idle memory=20GiB
     claim outer memory=1GiB           -> gets all 1 GiB
     kernel middle inside=outer
     claim middle memory=1GiB          -> gets all 1 GiB
     kernel inner inside=middle
     claim inner memory=12GiB          -> gets all 12 GiB`
  );

  scenario(
    '[ADM10] what a cell was promised is there for it, whatever is promised around that',
    `node 4 cores, 26 GiB
     claim top                         -> gets all
     kernel outer inside=top
     claim outer memory=12GiB          -> gets all 12 GiB
     use outer memory=1GiB
     claim other memory=10GiB          -> gets all 10 GiB
     kernel inner inside=outer
     claim inner memory=12GiB          -> gets all 12 GiB`
  );

  it('[ADM10] in the same kernel, too: a cell that takes up another in its midst', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    const asks = { exclusive: true, memoryBytes: 40 * GIB, gpus: 1 };
    it.holder('k');
    it.claim('outer', 'k', { cpus: { kind: 'fixed', n: 2 }, ...asks });
    it.claim('inner', 'k', { cpus: { kind: 'fixed', n: 2 }, ...asks }, { outerId: 'outer' });
    expect(it.grants.get('inner')?.cpus).toEqual(it.grants.get('outer')?.cpus);
    it.claim('plain', 'k', {}, { outerId: 'inner' });
    expect(it.confinement('k').cpus).toEqual([0, 1]);
    ['plain', 'inner', 'outer'].forEach(id => it.end(id));
    expect(it.confinement('k').cpus).toBeNull();
  });

  it('[ADM10] [ADM6] which passes a head that waits for the other', () => {
    const it = new Harness();
    ['k', 'second', 'head'].forEach(id => it.holder(id));
    it.claim('outer', 'k', { memoryBytes: 30 * GIB });
    it.claim('2', 'second', { memoryBytes: 10 * GIB });
    it.claim('3', 'head', { memoryBytes: 55 * GIB, priority: 9 });
    it.claim('inner', 'k', { memoryBytes: 45 * GIB }, { outerId: 'outer' });
    expect([...it.grants.keys()]).toEqual(['outer', '2', 'inner']);
  });
});
