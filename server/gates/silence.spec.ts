import { RECONNECT_MAX_MS } from './desk';
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

  it('[GATE8] reads what gates said meanwhile before it takes their claims for lost', async () => {
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    const held = first.claim('a', HALF_THE_NODE);
    const { grant } = await first.gate.hear('granted', 'a');
    const waits = second.claim('b', HALF_THE_NODE);
    await second.gate.hear('waiting', 'b');
    const third = await stage.connected(sidecar);
    first.gate.close();
    second.gate.close();
    // This process has closed them by its second turn, and the sidecar has seen that by its third.
    for (let n = 0; n < 3; n += 1) {
      await third.gate.settled();
    }
    sidecar.signal('SIGSTOP');
    const back = [
      first.connect(sidecar, [{ ...held, granted: grant, agoMs: 5 }]),
      second.connect(sidecar, [{ ...waits, granted: null, agoMs: 5 }])
    ];
    await pause(LONG_MS);
    sidecar.signal('SIGCONT');
    await Promise.all(back);
    third.claim('c', HALF_THE_NODE);
    await third.gate.hear('waiting', 'c');
    const { body } = await sidecar.ask('GET', '/api/v1/claims/a');
    expect(body).toMatchObject({ state: 'running' });
    await second.gate.hear('waiting', 'b');
    expect(second.gate.has('granted')).toBe(false);
    first.release('a');
    // The one that waited before the pause is first, for it is the same claim.
    await second.gate.hear('granted', 'b');
    expect(third.gate.has('granted')).toBe(false);
    second.release('b');
    await third.gate.hear('granted', 'c');
    third.release('c');
  });
});
