import type { ProcessUse } from './processMemory';
import { FakeMachine } from '../testing/fakeMachine';
import { Watermarks } from './watermarks';

/** A process with so many bytes of its own, shared and of mapped files, and at most so many together. */
function processOf(pid: number, figures: Partial<ProcessUse>): ProcessUse {
  return {
    pid,
    parentPid: 1,
    state: 'S',
    startTicks: pid,
    cpuSeconds: 0,
    threads: 1,
    argumentsAt: pid,
    anonymousBytes: 0,
    sharedBytes: 0,
    fileBytes: 0,
    highestBytes: 0,
    ...figures
  };
}

describe('the most memory of processes', () => {
  const root = 10;
  let machine: FakeMachine;
  let marks: Watermarks;

  beforeEach(() => {
    machine = new FakeMachine({ layout: 'none' });
    marks = new Watermarks(machine);
  });

  /** Let the next look count from now on, as far as the host lets us. */
  const lower = (): Promise<void> => {
    marks.lower(root);
    return marks.settled();
  };

  const look = (...tree: readonly Partial<ProcessUse>[]): number =>
    marks.read(
      tree.map((it, at) => processOf(root + at, it)),
      null
    );

  it('[HIST1] is told beyond what they have, once for each time that it is asked for', async () => {
    expect(look({ anonymousBytes: 100, highestBytes: 900 })).toBe(0);
    expect(marks.isLowered(root)).toBe(false);
    await lower();
    expect(marks.isLowered(root)).toBe(true);
    expect(look({ anonymousBytes: 100, highestBytes: 900 })).toBe(800);
    expect(marks.isLowered(root)).toBe(false);
    expect(look({ anonymousBytes: 100, highestBytes: 900 })).toBe(0);
  });

  it('[MEM5] is without mapped files, also those that were mapped before, and shared memory counts once', async () => {
    await lower();
    expect(look({ anonymousBytes: 100, sharedBytes: 50, fileBytes: 300, highestBytes: 900 })).toBe(
      450
    );
    await lower();
    expect(look({ anonymousBytes: 100, fileBytes: 0, highestBytes: 450 })).toBe(50);
  });

  it('[HIST1] is unknown where it cannot be reset, unless it has risen', async () => {
    machine.fail(/clear_refs/, 'EACCES');
    await lower();
    expect(look({ highestBytes: 900 })).toBe(0);
    await lower();
    expect(look({ highestBytes: 900 })).toBe(0);
    await lower();
    expect(look({ highestBytes: 901 })).toBe(901);
    machine.heal();
    await lower();
    expect(look({ highestBytes: 800 })).toBe(800);
  });

  it('[HIST1] is unknown until the reset is done, and where the kernel tells none', async () => {
    marks.lower(root);
    expect(look({ highestBytes: 900 })).toBe(0);
    await marks.settled();
    await lower();
    expect(look({ anonymousBytes: 7, highestBytes: null })).toBe(0);
  });

  it('[HIST1] includes processes that started meanwhile, but not what others had before', async () => {
    await lower();
    expect(look({}, { highestBytes: 500 })).toBe(0);
    await lower();
    expect(look({}, { highestBytes: 500 }, { highestBytes: 70 })).toBe(570);
  });

  it('[HIST1] counts what a fork shares with its parent once', async () => {
    await lower();
    look({});
    await lower();
    const parent = { anonymousBytes: 400, highestBytes: 400, argumentsAt: 5 };
    const fork = { anonymousBytes: 300, highestBytes: 450, argumentsAt: 5, parentPid: root };
    expect(look(parent, fork)).toBe(50);
  });

  it('is looked at anew after it was forgotten', async () => {
    await lower();
    look({});
    marks.forget(root);
    machine.fail(/clear_refs/, 'EACCES');
    await lower();
    expect(look({ highestBytes: 900 })).toBe(0);
  });
});
