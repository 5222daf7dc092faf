import { waitInWords } from '../../protocol/sentences';
import { sentenceOf } from '../../protocol/errors';
import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { scenario, sharingOf } from '../../testing/scenario';
import { UNCAPPED, type Caps } from '../policy/bounds';
import { plainGroup, type Sharing } from '../policy/groups';
import { snapshot } from '../view';

const GIB = 1024 ** 3;

const caps = (its: Partial<Caps>): Caps => ({ ...UNCAPPED, ...its });
const perUser = (its: Partial<Caps>): Sharing => sharingOf([], { userCaps: caps(its) });

/** Why a claim waits, in words. */
function whyWaits(it: Harness, id: string): string {
  const claim = snapshot(it.state, it.clock.nowMs, '').claims.find(known => known.id === id);
  return claim?.state === 'waiting' ? waitInWords(claim.reason) : `${claim?.state}`;
}

/** A node with these caps, and a kernel of ann's and one of bob's for each letter. */
function capped(sharing: Sharing, gpus = 4): Harness {
  const it = new Harness(nodeOf({ gpus: gpusOf(gpus), memoryBytes: 204 * GIB }));
  it.send({ type: 'configured', sharing });
  ['a', 'b', 'c', 'd'].forEach(id => it.holder(`ann-${id}`, 'ann'));
  ['a', 'b'].forEach(id => it.holder(`bob-${id}`, 'bob'));
  return it;
}

const refusalIn = (effects: ReturnType<Harness['claim']>) =>
  effects.flatMap(it => (it.type === 'refuse' ? [sentenceOf(it.refusal)] : []))[0];

describe('caps', () => {
  scenario(
    '[CAP2] a claim waits for its own cap, and blocks nobody else',
    `
    node   4 cores, 4 gpus
    kernel k1 owner=ann
    kernel k2 owner=ann
    kernel k3 owner=bob
    kernel k4 owner=bob
    kernel k5 owner=cyd
    claim  k1 gpus=2   -> gets all GPU-0 GPU-1
    claim  k2 gpus=2   -> waits gpus 1
    claim  k3 gpus=1   -> gets all GPU-2
    claim  k4 gpus=1   -> gets all GPU-3
    claim  k5 gpus=1   -> waits gpus 1
    end    k3          -> k5 gets all GPU-2
    end    k1          -> k2 gets all GPU-0 GPU-1
    `,
    perUser({ gpus: 2 })
  );

  scenario(
    '[CAP2] [ADM6] of those that wait for one cap the first goes first, and others pass only without delaying it',
    `
    node   4 cores, 0 gpus, 64 GiB
    kernel k1 owner=ann
    kernel k2 owner=ann
    kernel k3 owner=ann
    kernel k4 owner=ann
    claim  k1 memory=10GiB time=60s   -> gets all 10 GiB
    claim  k2 memory=15GiB            -> waits memory 1
    claim  k3 memory=8GiB time=90s    -> waits memory 2
    claim  k4 memory=8GiB time=30s    -> gets all 8 GiB, k2 waits memory 1
    end    k1                         -> k2 waits memory 1
    end    k4                         -> k2 gets all 15 GiB, k3 waits memory 1
    `,
    perUser({ memoryBytes: 20 * GIB })
  );

  scenario(
    '[CAP3] a cell that asks for nothing waits where as many run as may',
    `
    node   4 cores
    kernel k1 owner=ann
    kernel k2 owner=ann
    kernel k3 owner=bob
    claim  k1   -> gets all
    claim  k2   -> waits cells 1
    claim  k3   -> gets all
    end    k1   -> k2 gets all
    `,
    perUser({ cells: 1 })
  );

  scenario(
    '[CAP3] [ADM10] a cell inside a running one counts within it',
    `
    node   4 cores
    kernel k1 owner=ann
    kernel k2 owner=ann inside=k1
    kernel k3 owner=ann
    claim  k1   -> gets all
    claim  k2   -> gets all
    claim  k3   -> waits cells 1
    end    k2   -> k3 waits cells 1
    end    k1   -> k3 gets all
    `,
    perUser({ cells: 1 })
  );

  scenario(
    '[CAP1] what a group has counts in the groups around it',
    `
    node   4 cores, 4 gpus
    kernel k1 owner=ann group=atlas/prod
    kernel k2 owner=bob group=atlas
    kernel k3 owner=cyd
    claim  k1 gpus=1   -> gets all GPU-0
    claim  k2 gpus=1   -> waits gpus 1
    claim  k3 gpus=2   -> gets all GPU-1 GPU-2
    end    k1          -> k2 gets all GPU-3
    `,
    sharingOf([{ name: 'atlas', caps: caps({ gpus: 1 }), groups: [plainGroup('prod')] }])
  );

  scenario(
    '[CAP6] CPUs that claims name count, and those of others are shared up to the cap',
    `
    node   8 cores
    kernel k1 owner=ann
    kernel k2 owner=ann
    kernel k3 owner=bob
    claim  k1 cpus=3        -> gets 0-2
    claim  k2 cpus=2        -> waits cpus 1
    end    k1               -> k2 gets 0-1
    end    k2               ->
    claim  k1               -> gets all with 4 threads
    share  k1               -> 4
    claim  k3               -> gets all with 4 threads
    `,
    perUser({ cpus: { kind: 'fraction', of: 0.5 } })
  );

  it('[CAP2] the reason names the cap, whose it is, and who has what counts', () => {
    const it = capped(perUser({ memoryBytes: 100 * GIB }));
    it.claim('1', 'ann-a', { memoryBytes: 60 * GIB });
    it.measure('ann-b', { memoryBytes: 36 * GIB });
    it.claim('2', 'ann-c', { memoryBytes: 8 * GIB });
    expect(whyWaits(it, '2')).toBe(
      'for 8 GiB within the cap of ann, 100 GiB; 60 GiB held by ann-a and 36 GiB by ann-b'
    );
    it.claim('3', 'ann-d', { memoryBytes: 4 * GIB });
    it.claim('4', 'bob-a', { memoryBytes: 80 * GIB });
    expect(['3', '4'].map(id => it.grants.has(id))).toEqual([true, true]);
    it.end('1');
    expect(it.grants.has('2')).toBe(true);
  });

  it('[CAP2] what idle kernels keep counts until they are gone, and holds up nobody else', () => {
    const it = capped(perUser({ memoryBytes: 20 * GIB }));
    it.measure('ann-a', { memoryBytes: 18 * GIB });
    it.claim('1', 'ann-b', { memoryBytes: 4 * GIB });
    expect(whyWaits(it, '1')).toBe('for 4 GiB within the cap of ann, 20 GiB; 18 GiB held by ann-a');
    it.claim('2', 'ann-c', { memoryBytes: 2 * GIB });
    expect(it.grants.has('2')).toBe(true);
    it.send({ type: 'holderGone', holderId: 'ann-a' });
    expect(it.grants.has('1')).toBe(true);
  });

  it('[CAP2] a queue of one user, however long, keeps no other from being considered', () => {
    const it = capped(perUser({ gpus: 1 }), 2);
    it.claim('first', 'ann-a', { gpus: 1 });
    for (let n = 0; n < 200; n += 1) {
      it.claim(`${n}`, 'ann-b', { gpus: 1, priority: 50 });
    }
    it.claim('bob', 'bob-a', { gpus: 1 });
    expect(it.grants.has('bob')).toBe(true);
  });

  it('[CAP2] [ADM7] the head of a cap is passed by no more than 64', () => {
    const it = capped(perUser({ cells: 2, gpus: 2 }));
    it.claim('runs', 'ann-a', { gpus: 1 });
    it.claim('head', 'ann-b', { gpus: 2 });
    let passed = 0;
    for (; passed < 200; passed += 1) {
      it.claim(`${passed}`, 'ann-c', { gpus: 1, timeMs: 1 });
      if (!it.grants.has(`${passed}`)) {
        break;
      }
      it.clock.advance(1);
      it.end(`${passed}`);
    }
    expect(passed).toBeLessThanOrEqual(64);
    it.end('runs');
    expect(it.grants.has('head')).toBe(true);
  });

  it('[CAP4] a claim that asks for more than the cap is refused at once, by name', () => {
    const it = capped(
      perUser({ memoryBytes: 100 * GIB, gpus: 2, cpus: { kind: 'static', cpus: 2 } })
    );
    expect(refusalIn(it.claim('1', 'ann-a', { memoryBytes: 120 * GIB }))).toBe(
      'This cell asks for memory = 120 GiB, but ann may have at most 100 GiB at once. Lower "memory" in the cell\'s hints, or ask whoever configures this node.'
    );
    expect(refusalIn(it.claim('2', 'ann-a', { gpus: 3 }))).toContain(
      'ann may have at most 2 at once'
    );
    expect(refusalIn(it.claim('3', 'ann-a', { cpus: { kind: 'fixed', n: 3 } }))).toContain(
      'cpus = 3'
    );
  });

  it('[CAP7] a reload takes nothing away; what waits is considered again', () => {
    const it = capped(perUser({ gpus: 1 }));
    it.claim('1', 'ann-a', { gpus: 1 });
    it.claim('2', 'ann-b', { gpus: 1 });
    it.claim('3', 'ann-c', { gpus: 1 });
    it.send({ type: 'configured', sharing: perUser({ gpus: 2 }) });
    expect(['2', '3'].map(id => it.grants.has(id))).toEqual([true, false]);
    it.send({ type: 'configured', sharing: perUser({ gpus: 1 }) });
    expect([...it.state.running].map(({ claim }) => claim.id)).toEqual(['1', '2']);
    it.end('1');
    expect(whyWaits(it, '3')).toBe('for 1 GPU within the cap of ann, 1 GPU; 1 GPU held by ann-b');
    expect(refusalIn(it.send({ type: 'configured', sharing: perUser({ gpus: 0 }) }))).toContain(
      'ann may have at most 0 at once'
    );
    it.send({ type: 'configured', sharing: sharingOf([]) });
    expect(it.state.accounts.byKey.size).toBe(0);
  });

  it('[CAP1] a user of several groups has one cap on the node, and one in each group', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(4) }));
    const groups = [
      { ...plainGroup('atlas'), notebooks: ['atlas/*'], userCaps: caps({ gpus: 1 }) },
      { ...plainGroup('phenix'), notebooks: ['phenix/*'] }
    ];
    it.send({ type: 'configured', sharing: sharingOf(groups, { userCaps: caps({ gpus: 2 }) }) });
    ['atlas/a', 'atlas/b', 'phenix/a', 'phenix/b'].forEach(id => {
      const process = { id, kind: 'kernel', pid: 1, startTicks: 1, name: id } as const;
      const holder = { ...process, owner: 'ann', group: [], gated: true, notebook: id };
      it.send({ type: 'holderArrived', holder });
    });
    ['atlas/a', 'atlas/b', 'phenix/a', 'phenix/b'].forEach(id => it.claim(id, id, { gpus: 1 }));
    expect(whyWaits(it, 'atlas/b')).toContain('within the cap of ann in atlas, 1 GPU');
    expect(whyWaits(it, 'phenix/b')).toContain('within the cap of ann, 2 GPUs');
    it.end('phenix/a');
    expect(it.grants.has('phenix/b')).toBe(true);
  });

  it('[CAP1] [ADM9] the GPUs of a kept grant count', () => {
    const it = capped(perUser({ gpus: 2 }));
    it.claim('kept', 'ann-a', { gpus: 2, hold: true });
    it.end('kept');
    expect(snapshot(it.state, 0, '').caps[0]!.caps).toEqual([{ what: 'gpus', used: 2, most: 2 }]);
    it.claim('next', 'ann-b', { gpus: 1 });
    expect(whyWaits(it, 'next')).toContain('2 GPUs held by ann-a');
  });

  it('[CAP2] [ADM10] what encloses a claim is not named as in its way', () => {
    const it = capped(perUser({ memoryBytes: 10 * GIB }));
    it.claim('outer', 'ann-a', { memoryBytes: 4 * GIB });
    it.claim('beside', 'ann-b', { memoryBytes: 5 * GIB });
    it.holder('inner', 'ann', [], 'ann-a');
    it.claim('inside', 'inner', { memoryBytes: 8 * GIB });
    expect(whyWaits(it, 'inside')).toContain('; 5 GiB held by ann-b');
    expect(whyWaits(it, 'inside')).not.toContain('ann-a');
  });

  it('[CAP3] [GATE6] no kernel may start cells without asking where cells are capped', () => {
    const types = (it: Harness) => it.claim('1', 'k').map(effect => effect.type);
    const open = new Harness();
    open.holder('k', 'ann');
    expect(types(open)).toContain('stand');
    const it = new Harness();
    it.send({ type: 'configured', sharing: perUser({ cells: 2 }) });
    it.holder('k', 'ann');
    expect(types(it)).not.toContain('stand');
  });

  it('[CAP3] what has started without asking is never queued', () => {
    const it = capped(perUser({ cells: 1 }));
    it.claim('1', 'ann-a');
    const claim = it.state.claims.get('1')!.claim;
    it.send({
      type: 'claimArrived',
      claim: { ...claim, id: '2', holderId: 'ann-b', hasStarted: true },
      granted: null,
      waitingSinceMs: null
    });
    expect(it.state.running.size).toBe(2);
  });

  it('[CAP3] [ADM9] a kept grant is taken over only where one more cell may run', () => {
    const it = capped(perUser({ cells: 1 }));
    it.claim('1', 'ann-a', { gpus: 1, hold: true });
    it.end('1');
    it.claim('2', 'ann-b');
    it.claim('3', 'ann-a', { gpus: 1 });
    expect(whyWaits(it, '3')).toBe(
      'for a cell of ann to end, of which at most 1 may run; running in ann-b'
    );
    it.end('2');
    expect(it.grants.get('3')?.gpus).toEqual(['GPU-0']);
    expect(it.state.holders.get('ann-a')!.held).toBeNull();
  });
});
