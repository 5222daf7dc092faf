import { afterHearing } from './patience';

/** Let nothing of this process run for so long, as a signal or a machine that sleeps does. */
function stop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

describe('patience', () => {
  it('[GATE8] ends no sooner than what came before its end has been read', async () => {
    const order: string[] = [];
    const over = new Promise<void>(resolve => {
      afterHearing(1000, () => {
        order.push('over');
        resolve();
      });
    });
    await pause(700); // in its last part
    setImmediate(() => setImmediate(() => order.push('read')));
    stop(1200);
    await over;
    expect(order).toEqual(['read', 'over']);
  });

  it.each([
    [1000, 1000],
    [501, 1000]
  ])('ends after %s ms in whole parts, where nothing was stopped: after %s', (ms, endMs) => {
    jest.useFakeTimers();
    try {
      let isOver = false;
      afterHearing(ms, () => (isOver = true));
      jest.advanceTimersByTime(endMs - 1);
      expect(isOver).toBe(false);
      jest.advanceTimersByTime(1);
      expect(isOver).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  it('ends with its undo', async () => {
    let isOver = false;
    afterHearing(500, () => (isOver = true))();
    await pause(700);
    expect(isOver).toBe(false);
  });
});
