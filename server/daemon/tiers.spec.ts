import type { NodeView } from '../protocol/view';
import { Stage } from '../testing/stage';

describe('tiers that cannot confine from outside', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.clear());

  it('[ENF3] affinity: the gate is told its mask, and what is not enforced is said', async () => {
    const sidecar = await stage.sidecar('--tier', 'affinity');
    const kernel = await stage.connected(sidecar);
    kernel.claim('pinned', { cpus: 1 });
    const { grant } = await kernel.gate.hear('granted', 'pinned');
    expect(grant.affinity).toBe(grant.cpus);
    const { tier } = (await sidecar.ask('GET', '/api/v1/node')).body as NodeView;
    expect(tier.name).toBe('affinity');
    expect(tier.notEnforced.map(it => it.resource)).toContain('memory');
    expect(tier.reason).toContain('--tier affinity was asked for');
    kernel.release('pinned');
    kernel.claim('free');
    expect((await kernel.gate.hear('granted', 'free')).grant.cpus).toBeNull();
  });

  it('[ENF3] none: everything is granted as advice, and nothing is touched', async () => {
    const sidecar = await stage.sidecar('--tier', 'none');
    const kernel = await stage.connected(sidecar);
    const mask = kernel.mask();
    kernel.claim('advice', { cpus: 1, memory: '1 GiB' });
    const { grant } = await kernel.gate.hear('granted', 'advice');
    expect(grant).toMatchObject({ threads: 1, affinity: null, memoryBytes: 1024 ** 3 });
    expect(kernel.mask()).toBe(mask);
    const { tier } = (await sidecar.ask('GET', '/api/v1/node')).body as NodeView;
    expect(tier.enforced).toEqual([]);
    kernel.release('advice');
  });
});
