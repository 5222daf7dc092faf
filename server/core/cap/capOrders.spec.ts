import { sentenceOf } from '../../protocol/errors';
import { waitInWords } from '../../protocol/sentences';
import { ANN, gpusOf, Harness, nodeOf } from '../../testing/harness';
import { sharingOf } from '../../testing/scenario';
import { UNCAPPED } from '../policy/bounds';
import { plainGroup } from '../policy/groups';
import { snapshot } from '../view';
import { withOrder, withoutOrder, type CapOrder } from './capOrders';

const GIB = 1024 ** 3;
const OF_ANN = { group: 'all', user: 'ann' };
const OF_ATLAS = { group: 'atlas', user: null };
const GROUPS = [{ ...plainGroup('atlas'), notebooks: ['atlas/*'] }];

const order = (caps: CapOrder['caps'], of: CapOrder['of'] = OF_ANN): CapOrder => ({
  of,
  caps,
  by: 'root',
  why: 'a course',
  sinceMs: 0
});

describe('caps that administrators order', () => {
  let node: Harness;

  beforeEach(() => {
    node = new Harness(nodeOf({ gpus: gpusOf(4), memoryBytes: 204 * GIB }));
    node.send({ type: 'configured', sharing: sharingOf(GROUPS) });
    ['ann-a', 'ann-b', 'ann-c'].forEach(id => node.holder(id, 'ann'));
    node.holder('bob-a', 'bob');
  });

  const give = (...orders: readonly CapOrder[]) =>
    node.send({ type: 'capsOrdered', orders, by: ANN });
  const view = () => snapshot(node.state, node.clock.nowMs, '');
  const running = () => [...node.state.running].map(({ claim }) => claim.id);
  const whyWaits = (id: string) => {
    const claim = view().claims.find(known => known.id === id);
    return claim?.state === 'waiting' ? waitInWords(claim.reason) : claim?.state;
  };

  it('[ADMIN7] apply to what waits, take nothing from what runs, and end when they are taken back', () => {
    node.claim('1', 'ann-a', { gpus: 1 });
    node.claim('2', 'ann-b', { gpus: 1 });
    give(order({ gpus: 1 }));
    expect(running()).toEqual(['1', '2']);
    node.claim('3', 'ann-c', { gpus: 1 });
    node.claim('4', 'bob-a', { gpus: 2 });
    expect(running()).toEqual(['1', '2', '4']);
    node.end('1');
    expect(whyWaits('3')).toBe('for 1 GPU within the cap of ann, 1 GPU; 1 GPU held by ann-b');
    give();
    expect(running()).toEqual(['2', '4', '3']);
    expect(view().caps).toEqual([]);
  });

  it('[ADMIN7] apply in place of what is configured for that owner, narrower or wider, and survive a reload', () => {
    const userCaps = { ...UNCAPPED, gpus: 1, cells: 3 };
    node.send({ type: 'configured', sharing: sharingOf(GROUPS, { userCaps }) });
    node.claim('1', 'ann-a', { gpus: 1 });
    node.claim('2', 'ann-b', { gpus: 1 });
    expect(running()).toEqual(['1']);
    give(order({ gpus: 2 }));
    expect(running()).toEqual(['1', '2']);
    node.send({ type: 'configured', sharing: sharingOf(GROUPS, { userCaps }) });
    const own = view().caps.find(cap => cap.user === 'ann');
    expect(own?.caps.map(({ what, used, most }) => [what, used, most])).toEqual([
      ['cells', 2, 3],
      ['gpus', 2, 2]
    ]);
    expect(
      view()
        .caps.filter(cap => cap.user !== 'ann')
        .map(cap => cap.order)
    ).toEqual([null]);
  });

  it('[ADMIN7] [CAP4] refuse what waits and alone asks for more', () => {
    node.claim('1', 'bob-a', { gpus: 4 });
    node.claim('2', 'ann-a', { gpus: 3 });
    const refused = give(order({ gpus: 2 })).flatMap(effect =>
      effect.type === 'refuse' ? [sentenceOf(effect.refusal)] : []
    );
    expect(refused).toEqual([expect.stringContaining('ann may have at most 2 at once')]);
  });

  it('[ADMIN7] cap all of a group, and CPUs, as long as the configuration has it', () => {
    const holder = { id: 'atlas/a', kind: 'kernel', pid: 1, startTicks: 1, name: 'a' } as const;
    const notebook = 'atlas/a';
    node.send({
      type: 'holderArrived',
      holder: { ...holder, owner: 'cyd', group: [], gated: true, notebook }
    });
    give(order({ cells: 1, cpus: { kind: 'fraction', of: 0.5 } }, OF_ATLAS));
    const caps = () => view().caps.map(({ group, user, caps: its }) => [group, user, its.length]);
    expect(caps()).toEqual([['atlas', null, 2]]);
    const cpus = node.state.pool.slots.length / 2;
    expect(view().caps[0]!.caps.map(({ most }) => most)).toEqual([1, cpus]);
    node.send({ type: 'configured', sharing: sharingOf([]) });
    expect(caps()).toEqual([]);
    node.send({ type: 'configured', sharing: sharingOf(GROUPS) });
    expect(caps()).toEqual([['atlas', null, 2]]);
  });

  it('[ADMIN7] are shown for whom nobody knows yet, and apply once they come', () => {
    give(order({ gpus: 1 }, { group: 'all', user: 'dan' }));
    expect(view().caps).toEqual([
      {
        group: 'all',
        user: 'dan',
        order: { owner: 'dan', by: 'root', why: 'a course', sinceMs: 0 },
        caps: [{ what: 'gpus', used: 0, most: 1 }]
      }
    ]);
    node.holder('dan-a', 'dan');
    node.holder('dan-b', 'dan');
    node.claim('1', 'dan-a', { gpus: 1 });
    node.claim('2', 'dan-b', { gpus: 1 });
    expect(running()).toEqual(['1']);
    ['dan-a', 'dan-b'].forEach(holderId => node.send({ type: 'holderGone', holderId }));
    expect(view().caps).toHaveLength(1);
  });

  it('[ADMIN7] keep what an earlier order named and a later one does not', () => {
    const orders = [order({ gpus: 2, cells: 1 }), order({ gpus: 3 }, OF_ATLAS)];
    const after = withOrder(orders, { ...order({ gpus: 1 }), by: 'ann', why: null });
    expect(after.map(({ of, caps, by }) => [of, caps, by])).toEqual([
      [OF_ATLAS, { gpus: 3 }, 'root'],
      [OF_ANN, { gpus: 1, cells: 1 }, 'ann']
    ]);
    expect(withoutOrder(after, OF_ANN)).toEqual([orders[1]]);
  });
});
