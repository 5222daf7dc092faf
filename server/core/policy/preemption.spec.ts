import { Harness, gpusOf, nodeOf } from '../../testing/harness';
import { scenario, sharingOf } from '../../testing/scenario';
import { storyOf } from '../../testing/told';
import type { Group } from './groups';

const half = { kind: 'fraction', of: 0.5 } as const;

const LATENT: Partial<Group> = { latencyMs: 10_000 };

/** Two groups with half of the node each; the second has what it is owed within ten seconds. */
const HALVES = [
  { name: 'a', quota: half },
  { name: 'b', quota: half, ...LATENT }
];

describe('preemption', () => {
  const twoGpus = `
    node   4 cores, 2 gpus
    kernel k1 owner=ann group=a
    kernel k2 owner=ann group=a
    kernel k3 owner=bob group=b
    claim  k1 gpus=1   -> gets all GPU-0
    wait   60 s
    claim  k2 gpus=1   -> gets all GPU-1
    claim  k3 gpus=1   -> waits gpus 1
  `;

  scenario(
    '[FAIR4] a group below its quota gets a GPU back within its latency, after a grace',
    `${twoGpus}
    wait   9 s
    wait   1 s
    wait   5 s         -> k2 interrupted EVICTED
    end    k2          -> k3 gets all GPU-1
    `,
    sharingOf(HALVES, { graceMs: 5000 })
  );

  scenario(
    '[FAIR4] the victim policy is selectable: the user with most recent use',
    `
    node   4 cores, 3 gpus
    kernel k1 owner=ann group=a
    kernel k2 owner=cyd group=a
    kernel k3 owner=cyd group=a
    kernel k4 owner=bob group=b
    claim  k1 gpus=1   -> gets all GPU-0
    wait   600 s
    claim  k2 gpus=1   -> gets all GPU-1
    claim  k3 gpus=1   -> gets all GPU-2
    claim  k4 gpus=1   -> waits gpus 1
    wait   10 s        -> k1 interrupted EVICTED
    `,
    sharingOf(HALVES, {
      graceMs: 0,
      victims: 'worstRecentUse'
    })
  );

  scenario(
    "[FAIR4] a claim is safe for its group's least running time",
    `${twoGpus}
    wait   10 s        -> k1 interrupted EVICTED
    `,
    sharingOf(
      [
        { name: 'a', quota: half, minRuntimeMs: 65_000 },
        { name: 'b', quota: half, ...LATENT }
      ],
      { graceMs: 0 }
    )
  );

  scenario(
    '[FAIR4] one whose place is not needed any more is spared',
    `${twoGpus}
    wait   10 s
    end    k1          -> k3 gets all GPU-0
    wait   60 s
    `,
    sharingOf(HALVES, { graceMs: 5000 })
  );

  scenario(
    '[FAIR4] a group within its quota is left alone',
    `${twoGpus}
    wait   600 s
    `,
    sharingOf([{ name: 'a' }, { name: 'b', quota: { kind: 'fraction', of: 0.001 }, ...LATENT }])
  );

  it('[FAIR4] both stories tell who, why and at what cost', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    const groups = sharingOf([{ name: 'a' }, { name: 'b', quota: half, ...LATENT }], {
      graceMs: 5000
    });
    it.send({ type: 'configured', sharing: groups });
    it.holder('k1', 'ann', ['a']);
    it.holder('k2', 'bob', ['b']);
    it.claim('1', 'k1', { gpus: 1 });
    it.clock.advance(60_000);
    it.claim('2', 'k2', { gpus: 1 });
    it.wait(10_000);
    it.wait(5000);
    expect(storyOf(it.state, '1').slice(-2)).toEqual([
      'Will be evicted in 5 s: k2 of group b is owed it and waited 10 s; this cell of group a had run 70 s (chosen by: most over quota).',
      'Interrupted: k2 of group b is owed it and waited 10 s; this cell of group a had run 70 s (chosen by: most over quota).'
    ]);
    expect(storyOf(it.state, '2').at(-1)).toBe('k1 is evicted for it in 5 s, losing 70 s of work.');
    it.send({ type: 'claimEnded', claimId: '1', outcome: 'interrupted', cpuSeconds: null });
    expect(it.state.claims.get('1')?.phase).toMatchObject({
      why: { code: 'EVICTED', details: { why: { kind: 'owed', to: { holderId: 'k2' } } } }
    });
  });

  scenario(
    '[FAIR4] [ADM9] what is taken back is not kept for the next cell',
    `${twoGpus}
    end    k2          -> k3 gets all GPU-1
    claim  k2 gpus=1 hold=true   -> waits gpus 1
    end    k3          -> k2 gets all GPU-1
    wait   60 s
    claim  k3 gpus=1   -> waits gpus 1
    wait   10 s        -> k2 interrupted EVICTED
    end    k2          -> k3 gets all GPU-1
    `,
    sharingOf(HALVES, { graceMs: 0 })
  );

  scenario(
    '[FAIR4] [ADM9] who has a GPU that an earlier cell kept gives way, though it asked for none',
    `${twoGpus}
    end    k2          -> k3 gets all GPU-1
    claim  k2 gpus=1 hold=true   -> waits gpus 1
    end    k3          -> k2 gets all GPU-1
    end    k2
    claim  k2          -> gets all GPU-1
    wait   60 s
    claim  k3 gpus=1   -> waits gpus 1
    wait   10 s        -> k2 interrupted EVICTED
    `,
    sharingOf(HALVES, { graceMs: 0 })
  );

  scenario(
    '[FAIR4] who has so many CPUs that it named gives way to one that waits for exclusive ones',
    `
    node   8 cores
    kernel k1 owner=ann group=a
    kernel k2 owner=bob group=b
    claim  k1 cpus=8                  -> gets 0-7
    use    k1 cpus=8
    claim  k2 cpus=2 exclusive=true   -> waits cpus 1
    wait   10 s                       -> k1 interrupted EVICTED
    end    k1                         -> k2 gets 0-1
    `,
    sharingOf(HALVES, { graceMs: 0 })
  );

  scenario(
    '[FAIR4] cells of a group run no longer than it says',
    `
    node   4 cores
    kernel k1 group=a
    claim  k1     -> gets all
    wait   60 s
    wait   1 s    -> k1 interrupted EVICTED
    wait   60 s
    `,
    sharingOf([{ name: 'a', maxRuntimeMs: 60_000 }])
  );
});
