import { spawn } from 'node:child_process';

import { storySentence } from '../protocol/stories';
import type { ClaimStory } from '../protocol/view';
import type { TestKernel } from '../testing/gate';
import { exitOf, type TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

describe('a kernel that takes more memory than it was granted', () => {
  let stage: Stage;
  let sidecar: TestSidecar;

  beforeEach(async () => {
    stage = new Stage();
    sidecar = await stage.sidecar();
  });

  afterEach(() => stage.clear());

  /** A kernel that takes memory without end once it is told to. */
  async function greedy(): Promise<{ kernel: TestKernel; begin: () => void }> {
    const script = 'read line; exec tail /dev/zero';
    const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
    const kernel = stage.kernelOf(stage.keep({ child }).child);
    await kernel.connect(sidecar);
    return { kernel, begin: () => child.stdin.write('now\n') };
  }

  it('[MEM3] [MEM4] is killed alone, by its own limit, and people read why', async () => {
    const beside = await stage.connected(sidecar);
    beside.claim('beside', { memory: '1 GiB' });
    await beside.gate.hear('granted', 'beside');
    const { kernel, begin } = await greedy();
    kernel.claim('greedy', { memory: '64 MiB' });
    await kernel.gate.hear('granted', 'greedy');
    if (!sidecar.tier.startsWith('cgroup')) {
      return; // nothing would stop it here
    }
    begin();
    expect(await exitOf(kernel.child)).toBe('SIGKILL');
    await kernel.gate.closed();
    const { body } = await sidecar.ask('GET', '/api/v1/claims/greedy');
    const { story, ...claim } = body as ClaimStory;
    expect(claim).toMatchObject({
      state: 'done',
      outcome: 'died',
      message: expect.stringContaining('was killed by the operating system')
    });
    expect(story.map(it => storySentence(it.fact)).join()).toContain('Raise "memory"');
    beside.release('beside');
    await beside.gate.settled();
    expect(beside.gate.has('interrupt') || beside.gate.has('problem')).toBe(false);
  });
});
