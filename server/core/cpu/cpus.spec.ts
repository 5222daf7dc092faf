import { cpusOf, Harness, nodeOf } from '../../testing/harness';
import { scenario, sharingOf } from '../../testing/scenario';

const half = { kind: 'fraction', of: 0.5 } as const;

describe('CPUs', () => {
  scenario(
    '[CPU5] whole cores before loose threads, sets disjoint while they fit',
    `
    node   4 cores, 2 threads
    claim  k1 cpus=2   -> gets 0-1
    claim  k2 cpus=1   -> gets 2
    claim  k3 cpus=2   -> gets 4-5
    claim  k4 cpus=2   -> gets 6-7
    `
  );

  scenario(
    '[CPU5] a set that fits stays under one cache, and comes back where it was',
    `
    node   8 cores
    claim  k1 cpus=2   -> gets 0-1
    claim  k2 cpus=3   -> gets 4-6
    end    k1
    claim  k3 cpus=1   -> gets 7
    claim  k1 cpus=2   -> gets 0-1
    `
  );

  scenario(
    '[CPU2] exactly what was asked, undone at the end',
    `
    node   4 cores
    claim  k1 cpus=3   -> gets 0-2
    held   k1          -> 0-2
    end    k1
    held   k1          -> all
    `
  );

  scenario(
    '[CPU1] a fixed ask does not wait: sets overlap where they must, and part again',
    `
    node   2 cores
    claim  k1 cpus=2   -> gets 0-1
    claim  k2 cpus=1   -> gets 0
    claim  k3 cpus=1   -> gets 1
    end    k1
    claim  k4 cpus=1   -> gets 0
    end    k3          -> k2 moves to 1
    `
  );

  scenario(
    '[CPU1] a range waits for its least, never for more',
    `
    node   4 cores
    claim  k1 cpus=3       -> gets 0-2
    claim  k2 cpus=[2,4]   -> waits cpus 1
    claim  k3 cpus=[1,2]   -> gets 3, k2 waits cpus 1
    claim  k4              -> gets all with 3 threads
    end    k1              -> k2 gets 0-2
    `
  );

  scenario(
    '[CPU3] threads follow the share, and masks nothing where weights can',
    `
    node   8 cores
    claim  k1   -> gets all
    claim  k2   -> gets all
    claim  k3   -> gets all with 4 threads
    share  k1   -> 2.67
    held   k3   -> all
    writes      -> 0
    `
  );

  scenario(
    '[CPU3] without weights shares are masks, rounded, that cover the node',
    `
    node   4 cores, masks
    claim  k1   -> gets all
    claim  k2   -> gets all
    held   k1   -> 2-3
    held   k2   -> 0-1
    end    k1
    held   k2   -> all
    `
  );

  scenario(
    '[CPU4] a sleeping cell holds nobody back, and has its share again within a measurement',
    `
    node   4 cores
    claim  k1                      -> gets all
    use    k1 cpus=0
    claim  k2                      -> gets all
    share  k2                      -> 3.9
    use    k1 cpus=3.9 seconds=4
    share  k1                      -> 2
    `
  );

  scenario(
    '[CPU6] exclusive CPUs leave the pool, which keeps a quarter',
    `
    node   4 cores
    claim  k1 cpus=1                  -> gets 0
    claim  k2 exclusive=true cpus=2   -> gets 1-2
    held   k1                         -> 0
    claim  k3                         -> gets 0,3
    held   k3                         -> 0,3
    claim  k4 exclusive=true cpus=2   -> waits cpus 1
    claim  k5 exclusive=true cpus=4   -> refused IMPOSSIBLE
    end    k1                         -> k4 waits cpus 1
    end    k2                         -> k4 gets 0-1
    end    k4
    held   k3                         -> all
    `
  );

  scenario(
    '[CPU6] a pinned set gives way to an exclusive one',
    `
    node   4 cores
    claim  k1 cpus=[1,4]              -> gets 0-3
    claim  k2 exclusive=true cpus=2   -> gets 0-1, k1 moves to 2-3
    end    k2
    wait   1 s                        -> k1 moves to 0-3
    `
  );

  scenario(
    '[CPU6] a fixed ask larger than what exclusive CPUs leave has all of that, and the rest later',
    `
    node   4 cores
    claim  k1 exclusive=true cpus=2   -> gets 0-1
    claim  k2 cpus=4                  -> gets 2-3
    end    k1                         -> k2 moves to 0-3
    `
  );

  scenario(
    '[ADM7] [CPU6] fixed cells that began while an exclusive one waits give way, so that a row of them ends',
    `
    node   4 cores
    claim  k1 cpus=2                  -> gets 0-1
    claim  k2 exclusive=true cpus=3   -> waits cpus 1
    claim  k3 cpus=2                  -> gets 2-3
    claim  k4 cpus=4                  -> gets 0-3
    end    k1                         -> k2 gets 0-2, k3 moves to 3, k4 moves to 3
    end    k4
    claim  k4 cpus=1                  -> gets 3
    end    k2                         -> k3 moves to 0-1
    claim  k2 exclusive=true cpus=3   -> waits cpus 1
    end    k4                         -> k2 waits cpus 1
    end    k3                         -> k2 gets 0-2
    `
  );

  scenario(
    '[ADM7] fixed cells that began while one with a minimum waits do not keep it out',
    `
    node   4 cores
    claim  k1 cpus=2                  -> gets 0-1
    claim  k2 cpus=[4,4]              -> waits cpus 1
    claim  k3 cpus=2                  -> gets 2-3
    end    k1                         -> k2 gets 0-3
    `
  );

  scenario(
    '[CPU7] attained service orders cells inside a group; groups keep their parts',
    `
    node   4 cores
    kernel k1 group=a
    kernel k2 group=b
    kernel k3 group=a
    claim  k1                         -> gets all
    claim  k2                         -> gets all
    use    k1 cpus=2 seconds=1
    use    k1 cpus=2 seconds=3.5
    claim  k3                         -> gets all with 2 threads
    use    k2 cpus=2 seconds=1
    held   k1                         -> all weight 50
    held   k3                         -> all
    held   k2                         -> all weight 150
    `,
    sharingOf([
      { name: 'a', quota: half },
      { name: 'b', quota: half }
    ])
  );

  scenario(
    '[CPU7] a cell weighs half after each eightfold of CPU time, where CPUs are short',
    `
    node   4 cores
    claim  k1                         -> gets all
    claim  k2                         -> gets all
    use    k1 cpus=2 seconds=1
    use    k1 cpus=2 seconds=3.5
    held   k1                         -> all weight 50
    held   k2                         -> all
    use    k1 cpus=2 seconds=20
    held   k1                         -> all weight 25
    end    k1
    held   k1                         -> all
    `
  );

  scenario(
    '[CPU8] a kernel without a cell yields only while it is in the way',
    `
    node   2 cores
    kernel k1
    use    k1 cpus=1
    held   k1          -> all
    claim  k2          -> gets all
    claim  k3          -> gets all
    use    k1 cpus=1
    held   k1          -> all idle
    claim  k1          -> gets all
    held   k1          -> all
    `
  );

  it('[CPU8] a kernel without a gate never yields: its cells do not tell when they run', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 2 }) }));
    const process = { id: 'k1', kind: 'kernel', pid: 1, startTicks: 1, name: 'k1' } as const;
    const holder = { ...process, owner: 'ann', group: [] };
    it.send({ type: 'holderArrived', holder: { ...holder, gated: false } });
    ['k2', 'k3'].forEach(id => it.holder(id));
    ['k2', 'k3'].forEach(id => it.claim(`${id}.1`, id));
    it.measure('k1', { cpusBusy: 1 });
    expect(it.confinement('k1').idle).toBe(false);
  });

  scenario(
    '[CPU10] where threads are packed, running cells have sets of their own, short or not',
    `
    node   4 cores
    packs  threads
    claim  k1 source=a             -> gets all
    held   k1                      -> all
    writes                         -> 0
    claim  k2 cpus=1               -> gets 0
    claim  k3                      -> gets all with 3 threads
    held   k3                      -> 0-1
    held   k1                      -> 2-3
    end    k3
    held   k1                      -> 1-3
    end    k2
    held   k1                      -> all
    `
  );

  scenario(
    '[CPU10] a node follows when packing comes and goes, and no grant is lost',
    `
    node   4 cores
    claim  k1                      -> gets all
    use    k1 cpus=1
    claim  k2                      -> gets all
    use    k2 cpus=1
    claim  k3 cpus=1               -> gets 0
    writes                         -> 1
    packs  threads
    held   k1                      -> 1,3
    held   k2                      -> 2
    held   k3                      -> 0
    packs  nothing
    held   k1                      -> all
    held   k2                      -> all
    held   k3                      -> 0
    `
  );

  scenario(
    '[CPU2] policies can be compared: naive controls nothing, partitioned splits evenly',
    `
    node   4 cores
    claim  k1 cpus=1   -> gets 0
    kernel k2
    policy partitioned
    held   k1          -> 0-1
    held   k2          -> 2-3
    claim  k2 cpus=4   -> gets all with 2 threads
    policy naive
    held   k1          -> all
    policy dynamic
    held   k1          -> 0
    `
  );
});
