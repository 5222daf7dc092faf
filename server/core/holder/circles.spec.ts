import type { Ask } from '../../protocol/ask';
import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { scenario } from '../../testing/scenario';

const GIB = 1024 ** 3;

type Asked = Partial<Ask>;

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
      asked: { kind: 'exclusive', count: 3 },
      outer: 'outer.ipynb',
      held: { kind: 'cpus', count: 2 }
    };
    expect(refused).toMatchObject({ type: 'refuse', refusal: { code: 'INSIDE', details } });
  });

  scenario(
    '[ADM10] waits for CPUs that a kernel keeps for its next cell (ADM9)',
    `node 4 cores
     claim keeper cpus=[2,2] hold=true -> gets 0-1
     end keeper
     claim p cpus=[1,1]                -> gets 2
     kernel a inside=p
     claim a cpus=[3,3]                -> waits cpus 1
     wait 31 s                         -> a gets 0-1,3`
  );

  scenario(
    '[ADM10] [ADM7] what idle kernels keep closes none, since it lets who is alone through',
    `node 4 cores, 26 GiB
     kernel idle
     use idle memory=11GiB
     claim p memory=4GiB               -> gets all 4 GiB
     claim q                           -> gets all
     kernel a inside=p
     claim a memory=12GiB              -> waits memory 1
     end q                             -> a gets all 12 GiB`
  );

  scenario(
    '[ADM10] who came last closes it, whoever goes first',
    `node 4 cores, 26 GiB
     claim p memory=11GiB              -> gets all 11 GiB
     claim q memory=10GiB              -> gets all 10 GiB
     kernel a inside=p
     kernel b inside=q
     claim a memory=16GiB              -> waits memory 1
     claim c memory=20GiB              -> waits memory 2
     wait 1 s
     claim b memory=15GiB priority=9   -> refused INSIDE`
  );

  scenario(
    '[ADM10] who waits inside of none is in none, though it came at the same moment',
    `node 4 cores, 26 GiB
     claim p memory=11GiB              -> gets all 11 GiB
     claim q memory=10GiB              -> gets all 10 GiB
     kernel a inside=p
     kernel b inside=q
     claim a memory=16GiB              -> waits memory 1
     claim c memory=20GiB              -> waits memory 2
     claim b memory=15GiB              -> refused INSIDE`
  );

  scenario(
    '[ADM10] what ends gives back once, however many go on by that',
    `node 4 cores, 26 GiB, 1 gpus
     claim p memory=8GiB               -> gets all 8 GiB
     claim q memory=8GiB               -> gets all 8 GiB
     claim r memory=3GiB gpus=1        -> gets all 3 GiB GPU-0
     claim s                           -> gets all with 2 threads
     kernel a inside=p
     kernel b inside=q
     kernel d inside=s
     claim d gpus=1                    -> waits gpus 1
     claim a memory=15GiB              -> waits memory 1
     claim b memory=15GiB              -> refused INSIDE`
  );

  const least = (n: number) => ({ cpus: { kind: 'range', min: n, max: n } }) as const;

  it.each<[string, Asked, Asked, Asked, Asked, object]>([
    [
      'memory',
      { memoryBytes: 30 * GIB },
      { memoryBytes: 20 * GIB },
      { memoryBytes: 45 * GIB },
      { memoryBytes: 40 * GIB },
      { path: 'memory', asked: '40 GiB', outer: 'q', held: { kind: 'memory', bytes: 20 * GIB } }
    ],
    [
      'GPUs',
      { gpus: 1 },
      { gpus: 1 },
      { gpus: 2 },
      { gpus: 2 },
      { path: 'gpus', asked: 2, outer: 'q', held: { kind: 'gpus', count: 1 } }
    ],
    [
      'CPUs',
      least(2),
      least(2),
      least(3),
      least(3),
      { path: 'cpus', asked: 3, outer: 'q', held: { kind: 'cpus', count: 2 } }
    ],
    [
      'what it holds nothing of',
      { gpus: 2 },
      { memoryBytes: 50 * GIB },
      { memoryBytes: 40 * GIB },
      { gpus: 1 },
      { path: 'gpus', asked: 1, outer: 'between', held: { kind: 'none' } }
    ]
  ])(
    '[ADM10] the refusal names the cell around that holds some: of %s',
    (_, p, q, a, b, details) => {
      const it = new Harness(nodeOf({ gpus: gpusOf(2) }));
      it.holder('p');
      it.holder('q');
      it.claim('1', 'p', p);
      it.claim('2', 'q', q);
      it.holder('a', 'user', [], 'p');
      it.holder('between', 'user', [], 'q');
      it.claim('3', 'between');
      it.holder('b', 'user', [], 'between');
      expect(it.claim('4', 'a', a)).toMatchObject([{ type: 'wait' }]);
      expect(it.claim('5', 'b', b)).toMatchObject([
        { type: 'refuse', claimId: '5', refusal: { details } }
      ]);
    }
  );

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
