import { RECONNECT_MAX_MS } from './handler';
import { Stage } from '../testing/stage';
import type { TestSidecar } from '../testing/sidecar';

const HALF_THE_NODE = { memory: '3 GiB' };

/** Longer than any claim is kept, were it counted by the clock. */
const LONG_MS = RECONNECT_MAX_MS + 500;

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

describe('a sidecar that was stopped', () => {
  const stage = new Stage();
  let sidecar: TestSidecar;

  beforeAll(async () => {
    sidecar = await stage.sidecar();
  });

  afterAll(() => stage.clear());

  it('[GATE8] reads what a gate said meanwhile before it takes its claims for lost', async () => {
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    const held = first.claim('a', HALF_THE_NODE);
    const { grant } = await first.gate.hear('granted', 'a');
    second.claim('b', HALF_THE_NODE);
    await second.gate.hear('waiting', 'b');
    first.gate.close();
    // This process has closed it by its second turn, and the sidecar has seen that by its third.
    for (let n = 0; n < 3; n += 1) {
      await second.gate.settled();
    }
    sidecar.signal('SIGSTOP');
    const back = first.connect(sidecar, [{ ...held, granted: grant, agoMs: 5 }]);
    await pause(LONG_MS);
    sidecar.signal('SIGCONT');
    await back;
    await second.gate.settled();
    expect(second.gate.has('granted')).toBe(false);
    const { body } = await sidecar.ask('GET', '/api/v1/claims/a');
    expect(body).toMatchObject({ state: 'running' });
    first.release('a');
    await second.gate.hear('granted', 'b');
    second.release('b');
  });
});
