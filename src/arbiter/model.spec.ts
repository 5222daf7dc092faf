import { done, kernel, NOW_MS, running, snapshot } from '../testing/facts';
import { TestArbiter } from '../testing/arbiter';
import { cellKey } from './cells';
import { RequestError } from './request';

describe('ArbiterModel', () => {
  let test: TestArbiter;
  beforeEach(() => (test = new TestArbiter()));
  afterEach(() => test.model.dispose());

  it('[UI2] takes over what the event bus brings, at once', () => {
    const seen: string[] = [];
    test.model.changed.connect((_, { cells }) => seen.push([...cells].join()));
    test.push(snapshot({ claims: [running()] }));
    expect(test.model.connection).toEqual({ state: 'live' });
    expect(test.model.claimOf('k1', 'cell')?.state).toBe('running');
    expect(test.model.activeClaims('k1')).toHaveLength(1);
    test.push(snapshot({ revision: 2, atMs: NOW_MS + 1, claims: [done()] }));
    expect(test.model.activeClaims('k1')).toHaveLength(0);
    expect(seen).toEqual([cellKey('k1', 'cell'), cellKey('k1', 'cell')]);
  });

  it('ignores other events, and a snapshot older than the one it has', () => {
    test.emit({ snapshot: snapshot() }, 'https://events.jupyter.org/other');
    expect(test.model.snapshot).toBeNull();
    test.push(snapshot({ revision: 5, atMs: NOW_MS }));
    test.push(snapshot({ revision: 4, atMs: NOW_MS - 50 }));
    expect(test.model.snapshot?.revision).toBe(5);
  });

  it('[GATE5] says that the sidecar is away, and forgets what may be wrong by now', async () => {
    test.push(snapshot({ claims: [running()], holders: [kernel()] }));
    test.emit({ snapshot: null, message: 'The sidecar ended.' });
    expect(test.model.connection).toEqual({ state: 'away', message: 'The sidecar ended.' });
    expect(test.model.snapshot).toBeNull();
    expect(test.model.claimOf('k1', 'cell')).toBeUndefined();
    test.client.answer = snapshot({ revision: 1, atMs: NOW_MS + 5000 });
    await test.model.refresh();
    expect(test.model.connection).toEqual({ state: 'live' });
  });

  it('asks ever more seldom while nobody answers, and as often as before from the return on', async () => {
    jest.useFakeTimers();
    try {
      const lost = new TestArbiter();
      const asked = jest.spyOn(lost.client, 'snapshot');
      await jest.advanceTimersByTimeAsync(6_000);
      expect(asked).toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(600_000);
      expect(asked.mock.calls.length).toBeLessThan(100);
      lost.push(snapshot());
      asked.mockClear();
      lost.nowMs += 10_000; // and nothing was heard in them
      await jest.advanceTimersByTimeAsync(600);
      expect(asked).toHaveBeenCalledTimes(1);
      lost.model.dispose();
    } finally {
      jest.useRealTimers();
    }
  });

  it('[UI5] stops counting within 2 s once nobody answers, and goes on by itself', async () => {
    jest.useFakeTimers();
    try {
      const lost = new TestArbiter();
      const pass = async (ms: number): Promise<void> => {
        lost.nowMs += ms;
        await jest.advanceTimersByTimeAsync(ms);
      };
      lost.push(snapshot({ claims: [running()] }));
      lost.client.answer = new RequestError(null, 'The Jupyter server does not answer.', true);
      for (let at = 0; at < 2000; at += 100) {
        await pass(100);
      }
      expect(lost.model.connection).toEqual({
        state: 'lost',
        message: 'The Jupyter server does not answer.'
      });
      expect(lost.model.snapshot).toBeNull();
      expect(lost.model.claimOf('k1', 'cell')?.state).toBe('running');
      await pass(60_000);
      expect(lost.model.nowMs()).toBeLessThanOrEqual(NOW_MS + 2000);
      lost.client.answer = snapshot({ atMs: lost.nowMs });
      await pass(3000);
      expect(lost.model.connection).toEqual({ state: 'live' });
      expect(lost.model.claimOf('k1', 'cell')).toBeUndefined();
      lost.model.dispose();
    } finally {
      jest.useRealTimers();
    }
  });

  it('[UI5] counts on no longer than 2 s after the last word of a server that hangs', () => {
    test.push(snapshot({ claims: [running()] }));
    test.nowMs += 1500;
    expect(test.model.nowMs()).toBe(NOW_MS + 1500);
    test.nowMs += 60_000;
    expect(test.model.nowMs()).toBe(NOW_MS + 2000);
  });

  it('counts the sidecars it meets: after an absence, and when revisions start anew', () => {
    test.push(snapshot({ revision: 9 }));
    expect(test.model.generation).toBe(1);
    test.push(snapshot({ revision: 10, atMs: NOW_MS + 1 }));
    expect(test.model.generation).toBe(1);
    test.push(snapshot({ revision: 1, atMs: NOW_MS + 2 }));
    expect(test.model.generation).toBe(2);
    test.emit({ snapshot: null, message: '' });
    test.push(snapshot({ revision: 7, atMs: NOW_MS + 3 }));
    expect(test.model.generation).toBe(3);
  });

  it('reads clocks as the sidecar does', () => {
    test.nowMs = NOW_MS + 3_600_000; // the browser is an hour ahead
    test.push(snapshot());
    test.nowMs += 250;
    expect(test.model.nowMs()).toBe(NOW_MS + 250);
  });

  it('keeps ten minutes of samples, one a second', () => {
    for (let at = 0; at <= 700_000; at += 500) {
      test.push(snapshot({ revision: at + 1, atMs: NOW_MS + at }));
    }
    const { history } = test.model;
    expect(history).toHaveLength(601);
    expect(history.at(-1)!.atMs - history[0]!.atMs).toBe(600_000);
  });

  it('lets a refusal through to the one who asked', async () => {
    test.client.refusal = 'There is no claim "c1". It may have ended already.';
    await expect(test.model.cancel('c1')).rejects.toThrow('no claim "c1"');
    expect(test.client.sent).toEqual([['cancel', 'c1']]);
  });

  it('is silent once disposed', () => {
    let count = 0;
    test.model.changed.connect(() => count++);
    test.model.dispose();
    test.push(snapshot());
    expect(count).toBe(0);
  });
});
