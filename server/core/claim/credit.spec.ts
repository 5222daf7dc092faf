import { NOTHING_ASKED } from '../../protocol/ask';
import { UNRESTRICTED, type Grant } from '../../protocol/grant';
import { UNCAPPED } from '../policy/bounds';
import { snapshot } from '../view';
import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { sharingOf } from '../../testing/scenario';

const GIB = 1024 ** 3;

describe('[SEC7] a grant that only its own gate speaks of', () => {
  /** A node of 2 GPUs on which each user may have one, and 20 GiB. */
  function node(): Harness {
    const it = new Harness(nodeOf({ gpus: gpusOf(2), memoryBytes: 204 * GIB }));
    const userCaps = { ...UNCAPPED, gpus: 1, memoryBytes: 20 * GIB };
    it.send({ type: 'configured', sharing: sharingOf([], { userCaps }) });
    it.holder('of-ann', 'ann');
    it.holder('of-bob', 'bob');
    return it;
  }

  /** Bob's gate reports this; what it is shown to have, and why not more. */
  function told(it: Harness, grant: Partial<Grant>, isUnexpected = true) {
    const nothing = { outerId: null, cellId: null, label: null, sourceHash: null };
    const claim = { id: 'told', holderId: 'of-bob', ...nothing, ask: NOTHING_ASKED };
    const granted = {
      grant: { ...UNRESTRICTED, ...grant },
      sinceMs: it.clock.nowMs,
      isUnexpected
    };
    it.send({ type: 'claimArrived', claim, granted, waitingSinceMs: null });
    const view = snapshot(it.state, it.clock.nowMs, '').claims.find(({ id }) => id === 'told')!;
    return view.state === 'running' ? { ...view.grant, lacks: view.notEnforced } : view.state;
  }

  const without = { gpus: [], memoryBytes: null, lacks: { kind: 'ungranted' } };

  it('[GPU1] has no GPU that another user has', () => {
    const it = node();
    it.claim('1', 'of-ann', { gpus: 1 });
    const [gpu] = it.grants.get('1')!.gpus;
    expect(told(it, { gpus: [gpu!] })).toMatchObject(without);
    const { node: shown } = snapshot(it.state, it.clock.nowMs, '');
    expect(shown.gpus.map(({ leasedTo }) => leasedTo)).toEqual([['of-ann'], []]);
  });

  it.each([
    ['GPUs', { gpus: ['GPU-0', 'GPU-1'] }],
    ['memory', { memoryBytes: 30 * GIB }]
  ])('[CAP2] has no %s beyond a cap', (_, grant) => {
    expect(told(node(), grant)).toMatchObject(without);
  });

  it('has what is free, within its caps', () => {
    const grant = { gpus: ['GPU-1'], memoryBytes: 20 * GIB };
    expect(told(node(), grant)).toMatchObject({ ...grant, lacks: null });
  });

  it('[CAP7] [ENF4] has all of it where its report was expected after a restart', () => {
    const grant = { memoryBytes: 30 * GIB };
    expect(told(node(), grant, false)).toMatchObject({ ...grant, lacks: null });
  });
});
