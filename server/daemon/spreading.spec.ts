import { UNCONFINED } from '../core/effects';
import { NoEnforcer } from '../enforce/none';
import type { ISpreader, HolderProcess } from '../enforce/enforcer';
import { DiskFiles } from '../host/files';
import type { CpuSet } from '../protocol/cpuset';
import type { EventBody } from './arbiter';
import { Spreading, type RunningHolder } from './spreading';

const TIER = { name: 'none', enforced: [], notEnforced: [], reason: 'a test' } as const;
const PLACE: HolderProcess = { holderId: 'k1', pid: 1, startTicks: 1 };

/** Writes down what it is asked to do. */
class Notes implements ISpreader {
  readonly said: string[] = [];
  private readonly placed = new Set<string>();

  spread({ holderId }: HolderProcess, cpus: CpuSet): void {
    this.placed.add(holderId);
    this.said.push(`spread ${holderId} over ${cpus.join()}`);
  }

  gather(holderId: string, cpus: CpuSet): void {
    this.placed.delete(holderId) && this.said.push(`gather ${holderId} on ${cpus.join()}`);
  }

  holders(): readonly string[] {
    return [...this.placed];
  }

  async settled(): Promise<void> {
    this.said.push('settled');
  }
}

describe('Spreading', () => {
  let found: boolean | null;
  let notes: Notes;
  let events: EventBody[];
  let notices: readonly string[];
  let running: RunningHolder[];
  let stop: () => Promise<void>;

  beforeEach(async () => {
    jest.useFakeTimers();
    [found, notes, events, notices] = [true, new Notes(), [], []];
    running = [{ target: PLACE, confinement: { ...UNCONFINED, cpus: [0, 1] } }];
    const spreading = new Spreading({
      findPacking: () => Promise.resolve(found),
      spreader: notes,
      enforcer: new NoEnforcer(TIER, new DiskFiles(), true),
      cpus: [0, 1, 2, 3],
      running: () => running,
      post: event => void events.push(event),
      notice: (_, told) => void (notices = told)
    });
    stop = spreading.begin();
    await jest.advanceTimersByTimeAsync(3000);
  });

  afterEach(async () => {
    await stop();
    jest.useRealTimers();
  });

  it('[CPU10] tells of packing, and has the threads of running cells placed on their CPUs', async () => {
    expect(events).toEqual([{ type: 'packingFound', packs: true }]);
    expect(notices.join()).toMatch(/its threads are placed on them one by one/);
    await jest.advanceTimersByTimeAsync(1000);
    expect(notes.said).toEqual(['spread k1 over 0,1']);
    running = [];
    await jest.advanceTimersByTimeAsync(5000);
    expect(notes.said).toHaveLength(1);
  });

  it('[CPU10] follows when it goes, and changes nothing while that cannot be told', async () => {
    await jest.advanceTimersByTimeAsync(1000);
    found = null;
    await jest.advanceTimersByTimeAsync(300_000);
    expect(events).toHaveLength(1);
    found = false;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(events.at(-1)).toEqual({ type: 'packingFound', packs: false });
    expect(notices).toEqual([]);
    expect(notes.said.at(-1)).toBe('gather k1 on 0,1,2,3');
    const before = notes.said.length;
    await jest.advanceTimersByTimeAsync(5000);
    expect(notes.said).toHaveLength(before);
  });

  it('[ENF2] lets all threads run where they may when it stops', async () => {
    await jest.advanceTimersByTimeAsync(1000);
    await stop();
    expect(notes.said.slice(-2)).toEqual(['gather k1 on 0,1,2,3', 'settled']);
  });
});
