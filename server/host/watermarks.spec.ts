import { FakeMachine } from '../testing/fakeMachine';
import { Watermarks } from './watermarks';

type Looked = Parameters<Watermarks['read']>[0][number];

const MIB = 1024 ** 2;

/** Memory of its own, shared and of mapped files, the most of these together, and what it shares with its parent; in MiB. */
type Figures = {
  readonly own?: number;
  readonly shared?: number;
  readonly mapped?: number;
  readonly highest?: number | null;
  readonly inherited?: number;
};

function processOf(pid: number, figures: Figures): Looked {
  const { own = 0, shared = 0, mapped = 0, highest = 0, inherited = 0 } = figures;
  return {
    pid,
    threads: 1,
    anonymousBytes: own * MIB,
    sharedBytes: shared * MIB,
    fileBytes: mapped * MIB,
    highestBytes: highest === null ? null : highest * MIB,
    inheritedBytes: inherited * MIB
  };
}

describe('the most memory of processes', () => {
  const root = 10;
  let machine: FakeMachine;
  let marks: Watermarks;
  let resets: number;

  beforeEach(() => {
    machine = new FakeMachine({ layout: 'none' });
    resets = 0;
    const reset = machine.writeLater.bind(machine);
    machine.writeLater = path => ((resets += 1), reset(path));
    marks = new Watermarks(machine);
  });

  /** Let the next look count from now on, as far as the host lets us. */
  const lower = (): Promise<void> => {
    marks.lower(root);
    return marks.settled();
  };

  const look = (...tree: readonly Figures[]): number =>
    marks.read(tree.map((it, at) => processOf(root + at, it))) / MIB;

  it('[HIST1] is told beyond what they have, once for each time that it is asked for', async () => {
    expect(look({ own: 100, highest: 900 })).toBe(0);
    expect(marks.isLowered(root)).toBe(false);
    await lower();
    expect(marks.isLowered(root)).toBe(true);
    expect(look({ own: 100, highest: 900 })).toBe(800);
    expect(marks.isLowered(root)).toBe(false);
    expect(look({ own: 100, highest: 900 })).toBe(0);
  });

  it('[MEM5] is without mapped files, also those that were mapped before, and shared memory counts once', async () => {
    await lower();
    expect(look({ own: 100, shared: 50, mapped: 300, highest: 900 })).toBe(450);
    await lower();
    expect(look({ own: 100, mapped: 0, highest: 450 })).toBe(50);
  });

  it('[HIST1] is unknown where it cannot be reset, unless it has risen', async () => {
    machine.fail(/clear_refs/, 'EACCES');
    await lower();
    expect(look({ highest: 900 })).toBe(0);
    await lower();
    expect(look({ highest: 900 })).toBe(0);
    await lower();
    expect(look({ highest: 901 })).toBe(901);
    machine.heal();
    await lower();
    expect(look({ highest: 800 })).toBe(800);
  });

  it('[HIST1] is unknown until the reset is done, and where the kernel tells none', async () => {
    marks.lower(root);
    expect(look({ highest: 900 })).toBe(0);
    await marks.settled();
    await lower();
    expect(look({ own: 7, highest: null })).toBe(0);
  });

  it('[HIST1] includes processes that started meanwhile, but not what others had before', async () => {
    await lower();
    expect(look({}, { highest: 500 })).toBe(0);
    await lower();
    expect(look({}, { highest: 500 }, { highest: 70 })).toBe(570);
  });

  it('[HIST1] counts what a fork shares with its parent once', async () => {
    await lower();
    look({});
    await lower();
    const parent = { own: 400, highest: 400 };
    expect(look(parent, { own: 300, highest: 450, inherited: 400 })).toBe(50);
    await lower();
    expect(look(parent, { own: 100, highest: 300, inherited: 400 })).toBe(0);
  });

  it('[HIST1] needs no reset of a process that is as high as ever', async () => {
    await lower();
    look({ own: 100, highest: 103 });
    const writes = resets;
    await lower();
    expect(resets).toBe(writes);
    expect(look({ own: 40, highest: 103 })).toBe(63);
    await lower();
    expect(resets).toBe(writes + 1);
  });

  it('is looked at anew after it was forgotten', async () => {
    await lower();
    look({});
    marks.forget(root);
    machine.fail(/clear_refs/, 'EACCES');
    await lower();
    expect(look({ highest: 900 })).toBe(0);
  });
});
