import { FENCING, gpusOf, Harness, nodeOf } from '../../testing/harness';
import type { Holder } from '../events';

const KERNEL: Holder = {
  id: 'a',
  pid: 1000,
  startTicks: 1,
  kind: 'kernel' as const,
  name: 'a',
  owner: 'user',
  group: [],
  gated: true
};

function fenced(holder: Partial<Holder> = {}): Harness {
  const it = new Harness(nodeOf({ gpus: gpusOf(2), tier: FENCING }));
  it.send({ type: 'holderArrived', holder: { ...KERNEL, ...holder } });
  return it;
}

describe('GPUs that a holder may open', () => {
  it('[ENF7] are none before its first grant', () => {
    expect(fenced().confinement('a').gpus).toEqual([]);
  });

  it('[ENF7] are open before the grant is told, and stay so until it ends (GPU2)', () => {
    const it = fenced();
    expect(it.claim('1', 'a', { gpus: 1 })).toMatchObject([
      { type: 'confine', confinement: { gpus: ['GPU-0'] } },
      { type: 'bind', gpus: ['GPU-0'] },
      { type: 'grant', claimId: '1', grant: { gpus: ['GPU-0'] } }
    ]);
    it.end('1');
    expect(it.confinement('a').gpus).toEqual(['GPU-0']);
    it.send({ type: 'holderArrived', holder: { ...KERNEL, pid: 1001 } });
    expect(it.confinement('a').gpus).toEqual([]);
  });

  it('[ENF7] are not fenced for a holder without a gate, whom nobody grants any', () => {
    const it = fenced({ gated: false });
    expect(it.confinement('a').gpus).toBeNull();
    it.send({ type: 'holderArrived', holder: KERNEL });
    expect(it.confinement('a').gpus).toEqual([]);
  });

  it('[ENF7] [GPU2] are those of before where it outlived a sidecar', () => {
    const it = fenced({ boundGpus: ['GPU-1'] });
    expect(it.confinement('a').gpus).toEqual(['GPU-1']);
    it.claim('1', 'a', { gpus: 1 });
    expect(it.grants.get('1')?.gpus).toEqual(['GPU-1']);
  });

  it('[ENF7] are not told of where the tier does not fence them', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    it.send({ type: 'holderArrived', holder: KERNEL });
    expect(it.claim('1', 'a', { gpus: 1 })).toMatchObject([{ type: 'bind' }, { type: 'grant' }]);
    expect(it.confinement('a').gpus).toBeNull();
  });
});
