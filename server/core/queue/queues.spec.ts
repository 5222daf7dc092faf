import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { scenario } from '../../testing/scenario';
import { QUEUE_MAX_PER_HOLDER } from '../claim/claims';
import { snapshot } from '../view';

describe('admission', () => {
  scenario(
    '[ADM5] a claim gets everything at once, or waits holding nothing',
    `
    node   4 cores, 1 gpus, 64 GiB
    claim  k1 gpus=1                 -> gets all GPU-0
    claim  k3 memory=50GiB           -> gets all 50 GiB
    claim  k2 gpus=1 memory=40GiB    -> waits gpus 1
    end    k1                        -> k2 waits memory 1
    end    k3                        -> k2 gets all 40 GiB GPU-0
    `
  );

  scenario(
    '[ADM3] the impossible is refused at once',
    `
    node   4 cores, 1 gpus, 64 GiB
    claim  k1 memory=61GiB           -> refused IMPOSSIBLE
    claim  k1 gpus=2                 -> refused IMPOSSIBLE
    claim  k1 gpus=1 gpuModel=A100   -> refused IMPOSSIBLE
    claim  k1 cpus=[5,9]             -> refused IMPOSSIBLE
    claim  k1 memory=60GiB           -> gets all 60 GiB
    `
  );

  scenario(
    '[ADM6] priority goes before arrival',
    `
    node   4 cores, 1 gpus
    claim  k1 gpus=1               -> gets all GPU-0
    claim  k2 gpus=1               -> waits gpus 1
    claim  k3 gpus=1 priority=5    -> waits gpus 1, k2 waits gpus 2
    end    k1                      -> k3 gets all GPU-0, k2 waits gpus 1
    `
  );

  scenario(
    '[ADM6] of two users the one who used less goes first',
    `
    node   4 cores, 2 gpus
    kernel k1 owner=ann
    kernel k2 owner=ann
    kernel k3 owner=bob
    kernel k4 owner=cyd
    claim  k1 gpus=1   -> gets all GPU-0
    claim  k4 gpus=1   -> gets all GPU-1
    wait   60 s
    claim  k2 gpus=1   -> waits gpus 1
    claim  k3 gpus=1   -> waits gpus 1, k2 waits gpus 2
    end    k4          -> k3 gets all GPU-1, k2 waits gpus 1
    `
  );

  scenario(
    '[ADM6] [GPU2] nobody passes a head of the same kernel where that would bind it',
    `
    node   4 cores, 2 gpus
    claim  k2 gpus=1 time=60s    -> gets all GPU-0
    claim  k1 gpus=2             -> waits gpus 1
    claim  k1 gpus=1 time=1s     -> waits gpus 2
    claim  k3 gpus=1 time=1s     -> gets all GPU-1, k1 waits gpus 1
    `
  );

  scenario(
    '[ADM6] a later claim passes the head only if it does not delay it',
    `
    node   4 cores, 0 gpus, 64 GiB
    claim  k1 memory=30GiB time=60s   -> gets all 30 GiB
    claim  k2 memory=50GiB            -> waits memory 1
    claim  k3 memory=20GiB time=90s   -> waits memory 2
    claim  k4 memory=20GiB time=50s   -> gets all 20 GiB, k2 waits memory 1
    claim  k5 memory=5GiB             -> gets all 5 GiB, k2 waits memory 1, k3 waits memory 2
    `
  );

  scenario(
    '[ADM6] one that passes the head opens it to no other in the same cycle',
    `
    node   4 cores, 0 gpus, 64 GiB
    claim  k1 memory=30GiB time=60s   -> gets all 30 GiB
    claim  k2 memory=30GiB time=90s   -> gets all 30 GiB
    claim  k3 memory=55GiB            -> waits memory 1
    claim  k4 memory=20GiB time=50s   -> waits memory 2
    claim  k5 memory=10GiB            -> waits memory 3
    end    k2                         -> k4 gets all 20 GiB, k3 waits memory 1, k5 waits memory 2
    end    k4                         -> k3 waits memory 1
    end    k1                         -> k3 gets all 55 GiB, k5 waits memory 1
    `
  );

  scenario(
    '[ADM7] what a kernel keeps does not shut it out when no other cell runs',
    `
    node   4 cores, 0 gpus, 64 GiB
    kernel k1
    use    k1 memory=50GiB
    claim  k3 memory=5GiB    -> gets all 5 GiB
    claim  k2 memory=20GiB   -> waits memory 1
    end    k3                -> k2 gets all 20 GiB
    `
  );

  scenario(
    '[ADM7] it is let through as soon as the last other cell ends, whatever that one had',
    `
    node   4 cores, 0 gpus, 64 GiB
    kernel k1
    use    k1 memory=50GiB
    claim  k1                -> gets all
    claim  k2 memory=20GiB   -> waits memory 1
    end    k1                -> k2 gets all 20 GiB
    `
  );

  it('[ADM7] nobody passes a claim any more that was passed 64 times', () => {
    const it = new Harness();
    const ask = (gib: number, timeMs: number) => ({ memoryBytes: gib * 1024 ** 3, timeMs });
    ['long', 'head', 'short'].forEach(id => it.holder(id));
    it.claim('l', 'long', ask(30, 3_600_000));
    it.claim('h', 'head', ask(50, 1000));
    const passes = Array.from({ length: 65 }, (_, index) => {
      it.claim(`s${index}`, 'short', ask(5, 1000));
      const isGranted = it.grants.has(`s${index}`);
      it.end(`s${index}`);
      return isGranted;
    });
    expect(passes.indexOf(false)).toBe(64);
  });

  it('lets one kernel have so many claims in the queue, and others have theirs', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    ['k1', 'k2', 'k3'].forEach(id => it.holder(id));
    it.claim('runs', 'k1', { gpus: 1 });
    for (let index = 0; index < QUEUE_MAX_PER_HOLDER; index += 1) {
      it.claim(`w${index}`, 'k2', { gpus: 1 });
    }
    expect(it.claim('more', 'k2', { gpus: 1 })).toMatchObject([
      { type: 'refuse', refusal: { code: 'TOO_MANY' } }
    ]);
    expect(it.claim('other', 'k3', { gpus: 1 }).map(effect => effect.type)).not.toContain('refuse');
  });

  scenario(
    '[ADM8] a wait that is too long ends in a refusal',
    `
    node   4 cores, 1 gpus
    claim  k1 gpus=1             -> gets all GPU-0
    claim  k2 gpus=1 maxWait=5   -> waits gpus 1
    wait   5 s
    wait   1 s                   -> k2 refused MAX_WAIT
    `
  );

  scenario(
    '[ADM9] a kept grant serves the next cell, and goes to one who asks once it is left alone',
    `
    node   4 cores, 1 gpus
    claim  k1 gpus=1 hold=true   -> gets all GPU-0
    end    k1
    claim  k2 gpus=1             -> waits gpus 1
    claim  k1 gpus=1 hold=true   -> gets all GPU-0
    end    k1
    wait   29 s
    wait   1 s                   -> k2 gets all GPU-0
    `
  );

  scenario(
    '[ADM9] a kept grant serves all the cells that follow, whatever they say of it',
    `
    node   4 cores, 1 gpus
    claim  k1 gpus=1 hold=true   -> gets all GPU-0
    end    k1
    claim  k1                    -> gets all GPU-0
    end    k1
    claim  k2 gpus=1             -> waits gpus 1
    claim  k1                    -> gets all GPU-0
    end    k1
    release k1                   -> k2 gets all GPU-0
    `
  );

  scenario(
    '[ADM9] a kept grant serves no cell that asks for more than it has',
    `
    node   4 cores, 0 gpus, 64 GiB
    claim  k1 cpus=2 memory=5GiB hold=true   -> gets 0-1 5 GiB
    end    k1
    claim  k1 memory=8GiB hold=true          -> gets all 8 GiB
    end    k1
    claim  k1 cpus=2 hold=true               -> gets 0-1
    end    k1
    claim  k1 exclusive=true                 -> gets 0
    `
  );

  scenario(
    '[ADM9] a kept grant stays where what is asked for can be had without it',
    `
    node   4 cores, 1 gpus, 64 GiB
    claim  k1 memory=5GiB cpus=2 hold=true   -> gets 0-1 5 GiB
    end    k1
    claim  k2 gpus=1 hold=true               -> gets all GPU-0
    end    k2
    wait   40 s
    claim  k3 gpus=1 memory=5GiB             -> waits undefined 1, gets all 5 GiB GPU-0
    held   k1                                -> 0-1
    `
  );

  scenario(
    '[ADM9] a kept grant ends when it is released, or unused for too long',
    `
    node   4 cores
    claim  k1 cpus=2 hold=true   -> gets 0-1
    end    k1
    held   k1                    -> 0-1
    release k1
    held   k1                    -> all
    claim  k1 cpus=2 hold=true   -> gets 0-1
    end    k1
    wait   31 min
    held   k1                    -> all
    `
  );

  it('[ADM9] what a kernel keeps for its next cell is shown, until it is given back', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    const shown = (): unknown => snapshot(it.state, it.clock.nowMs, '').holders[0]!.grant;
    const ask = { cpus: { kind: 'fixed', n: 2 }, memoryBytes: 1024 ** 3, gpus: 1 } as const;
    it.holder('k1');
    it.claim('1', 'k1', { ...ask, hold: true });
    it.end('1');
    const kept = { cpus: '0-1', threads: null, memoryBytes: 1024 ** 3, gpus: ['GPU-0'] };
    expect(shown()).toEqual(kept);
    it.wait(31 * 60_000);
    expect(shown()).toBeNull();
  });

  scenario(
    '[ADM6] a cancelled claim leaves the queue',
    `
    node   4 cores, 1 gpus
    claim  k1 gpus=1   -> gets all GPU-0
    claim  k2 gpus=1   -> waits gpus 1
    claim  k3 gpus=1   -> waits gpus 2
    cancel k2          -> refused CANCELLED, k3 waits gpus 1
    `
  );
});

describe('memory', () => {
  scenario(
    '[MEM1] what kernels keep between cells counts, the larger of promised and resident',
    `
    node   4 cores, 0 gpus, 64 GiB
    kernel k1
    use    k1 memory=30GiB
    claim  k2 memory=20GiB   -> gets all 20 GiB
    claim  k3 memory=20GiB   -> waits memory 1
    use    k2 memory=5GiB
    end    k2                -> k3 gets all 20 GiB
    `
  );

  scenario(
    '[MEM1] with nothing else to end, one claim is let through',
    `
    node   4 cores, 0 gpus, 64 GiB
    kernel k1
    use    k1 memory=50GiB
    claim  k2 memory=20GiB   -> gets all 20 GiB
    claim  k3 memory=20GiB   -> waits memory 1
    `
  );
});
