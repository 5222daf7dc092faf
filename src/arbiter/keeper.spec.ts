import { GIB, gpu, kernel, node, NOW_MS, snapshot, waiting } from '../testing/facts';
import { keeperFor, keeperOf } from './keeper';

const held = { pid: 7, name: 'python', memoryBytes: 30 * GIB, owner: 'bo', leased: false };
const gpus = [
  gpu({ processes: [{ ...held, holderId: 'k2' }] }),
  gpu({ uuid: 'GPU-2', processes: [{ ...held, holderId: 'k2' }] })
];
const idle = kernel({ id: 'k2', name: 'explore.ipynb', askedToFreeMs: NOW_MS });
const shown = snapshot({ node: node({ gpus }), holders: [kernel(), idle] });
const own = new Map([['k2', 'a/explore.ipynb']]);

describe('keeper', () => {
  it('[GPU5] is a kernel that runs nothing and holds memory on any GPU', () => {
    expect(keeperOf(shown, own, 'k2', 'c1')).toEqual({
      kernelId: 'k2',
      name: 'a/explore.ipynb',
      bytes: 60 * GIB,
      own: true,
      askedMs: NOW_MS,
      claimId: 'c1',
      request: 'none'
    });
    expect(keeperOf(shown, new Map(), 'k2', null)).toMatchObject({ own: false });
    expect(keeperOf(shown, own, 'k1', null)).toBeNull();
    expect(keeperOf(shown, own, 'nobody', null)).toBeNull();
    const busy = { ...shown, holders: [{ ...idle, state: 'running' as const }] };
    expect(keeperOf(busy, own, 'k2', null)).toBeNull();
  });

  it('[GPU5] of a claim is the first blocker that keeps something', () => {
    const [runs] = waiting().reason.blockers;
    const reason = {
      ...waiting().reason,
      blockers: [runs!, { ...runs!, holderId: 'k2', keepsGpuBytes: 60 * GIB }]
    } as const;
    expect(keeperFor(shown, own, waiting({ reason }))?.kernelId).toBe('k2');
    expect(keeperFor(shown, own, waiting())).toBeNull();
  });
});
