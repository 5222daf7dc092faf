import { type Fit, FITS_MAX } from '../../server/protocol/view';
import { TestArbiter } from '../testing/arbiter';
import { kernel, NOW_MS, snapshot, waiting } from '../testing/facts';
import { Fits } from './fits';

const WAITS: Fit = {
  kind: 'waits',
  reason: waiting().reason,
  startsIn: null
};
const small = { metadata: { cpus: 1 }, tags: [], directive: '', cellId: 'a' };
const large = { metadata: { memory: '8 GiB' }, tags: [], directive: '', cellId: 'b' };

describe('Fits', () => {
  let test: TestArbiter;
  let fits: Fits;
  let isShown: boolean;
  let revision = 1;

  /** Something changes on the node. */
  function change(): void {
    test.push(
      snapshot({ holders: [kernel()], revision: (revision += 1), atMs: NOW_MS + revision })
    );
  }

  /** Let time pass, and what was asked be answered. */
  const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms) as Promise<void>;

  const asked = (): unknown[] => test.client.sent.filter(([name]) => name === 'fits');

  beforeEach(() => {
    jest.useFakeTimers();
    test = new TestArbiter();
    isShown = true;
    fits = new Fits(test.model, () => isShown);
    change();
  });

  afterEach(() => {
    fits.dispose();
    test.model.dispose();
    jest.useRealTimers();
  });

  it('[ADM11] [LEARN6] asks the sidecar, once for all cells, and again when something changed', async () => {
    let changes = 0;
    fits.changed.connect(() => (changes += 1));
    expect([fits.of('k1', small), fits.of('k1', large), fits.of('k1', small)]).toEqual([
      null,
      null,
      null
    ]);
    await pass(300);
    expect(asked()).toEqual([['fits', 'k1', [small, large]]]);
    expect(changes).toBe(1);
    expect(fits.of('k1', large)).toEqual({ kind: 'now' });
    await pass(10_000);
    expect(asked()).toHaveLength(1);
    test.client.fit = WAITS;
    change();
    await pass(1000);
    expect(asked()[1]).toEqual(['fits', 'k1', [large]]);
    expect(fits.of('k1', large)).toEqual(WAITS);
  });

  it('asks nothing where nobody looks, or where the sidecar does not know the kernel', async () => {
    isShown = false;
    fits.of('k1', small);
    await pass(300);
    isShown = true;
    fits.of('elsewhere', small);
    await pass(300);
    change();
    await pass(2000);
    expect(asked()).toEqual([]);
    expect(fits.of('k1', small)).toBeNull();
    await pass(300);
    expect(asked()).toHaveLength(1);
  });

  it('says nothing where it was refused, and asks no more until something changes', async () => {
    test.client.refusal = 'no';
    fits.changed.connect(() => void fits.of('k1', small));
    fits.of('k1', small);
    await pass(10_000);
    expect(asked()).toHaveLength(1);
    test.client.refusal = null;
    change();
    await pass(1000);
    expect(fits.of('k1', small)).toEqual({ kind: 'now' });
  });

  it('forgets what it knew when the sidecar goes', async () => {
    fits.of('k1', small);
    await pass(300);
    test.emit({ message: 'It ended.' });
    expect(fits.of('k1', small)).toBeNull();
  });

  it('asks for no more cells at once than the sidecar takes', async () => {
    const cells = Array.from({ length: FITS_MAX + 5 }, (_, i) => ({ metadata: { priority: i } }));
    const look = (): void => cells.forEach(cell => fits.of('k1', cell));
    fits.changed.connect(look);
    look();
    await pass(5000);
    expect(asked()).toHaveLength(1);
  });
});
