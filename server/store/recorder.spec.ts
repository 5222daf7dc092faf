import { executionAt } from '../testing/executions';
import type { Batch } from './messages';
import { Recorder } from './recorder';
import type { Sample } from './samples';
import { StoreError } from './thread';

describe('Recorder', () => {
  let written: Batch[];
  let paused: (string | null)[];
  let mistakes: string[];
  let failure: StoreError | null;
  let recorder: Recorder;

  const sampleAt = (atMs: number): Sample => ({ of: { kind: 'node' }, atMs });
  const ids = () => written.map(it => it.executions.map(each => each.claimId));
  const add = (...all: readonly string[]) =>
    all.forEach(claimId => recorder.addExecution(executionAt(1, { claimId })));

  beforeEach(() => {
    jest.useFakeTimers();
    [written, paused, mistakes, failure] = [[], [], [], null];
    recorder = new Recorder({
      write: batch => {
        if (failure) {
          return Promise.reject(failure);
        }
        written.push(batch);
        return Promise.resolve();
      },
      limits: () => ({ days: 1, bytes: 1 }),
      nowMs: () => 5,
      onPause: why => paused.push(why),
      onMistake: why => mistakes.push(why)
    });
  });

  afterEach(() => jest.useRealTimers());

  it('[HIST2] writes what comes within a second at once, and many without waiting', async () => {
    add('a', 'b');
    await jest.advanceTimersByTimeAsync(999);
    expect(written).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(ids()).toEqual([['a', 'b']]);
    add(...Array.from({ length: 500 }, (_, at) => `${at}`));
    await jest.advanceTimersByTimeAsync(0);
    expect(written[1]!.executions).toHaveLength(500);
  });

  it('[HIST7] tries again what was refused, in its order, and says when it goes on', async () => {
    failure = new StoreError('full', false);
    add('a', 'b');
    recorder.addSamples([sampleAt(1)]);
    await jest.advanceTimersByTimeAsync(1000);
    add('c');
    recorder.addSamples([sampleAt(2)]);
    expect([written, paused]).toEqual([[], ['full']]);
    failure = null;
    await jest.advanceTimersByTimeAsync(4999);
    expect(written).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(ids()).toEqual([['a', 'b', 'c']]);
    expect(written[0]!.samples).toEqual([sampleAt(1), sampleAt(2)]);
    expect(paused).toEqual(['full', null]);
  });

  it('[HIST7] loses what is oldest where too much waits, and says so until it goes on', async () => {
    failure = new StoreError('full', false);
    add('a');
    await jest.advanceTimersByTimeAsync(1000);
    add(...Array.from({ length: 10_000 }, (_, at) => `${at}`));
    await jest.advanceTimersByTimeAsync(5000);
    expect(paused.at(-1)).toBe('full The oldest of what waits is being lost.');
    failure = null;
    await jest.advanceTimersByTimeAsync(5000);
    expect(ids()[0]![0]).toBe('0');
    await recorder.flush();
    failure = new StoreError('full', false);
    add('z');
    await jest.advanceTimersByTimeAsync(5000);
    expect(paused.at(-1)).toBe('full');
  });

  it('tries no batch again that is our mistake', async () => {
    failure = new StoreError('wrong', true);
    add('a');
    await jest.advanceTimersByTimeAsync(1000);
    failure = null;
    add('b');
    await jest.advanceTimersByTimeAsync(1000);
    expect([mistakes, paused, ids()]).toEqual([['wrong'], [], [['b']]]);
  });
});
