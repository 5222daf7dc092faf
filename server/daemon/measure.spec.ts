import type { HolderUse } from '../core/events';
import { NoEnforcer } from '../enforce/none';
import { DiskFiles } from '../host/files';
import type { HeldMemory } from '../host/memoryMeter';
import type { EventBody } from './arbiter';
import { Sampler } from './measure';

const TIER = { name: 'none', enforced: [], notEnforced: [], reason: 'a test' } as const;

/** Measures holders whose figures the test sets. */
class Figures extends NoEnforcer {
  readonly asked: string[] = [];
  readonly tightened: string[] = [];
  cpuSeconds = 0;

  constructor() {
    super(TIER, new DiskFiles(), true);
  }

  override tighten(holderId?: string): void {
    this.tightened.push(holderId!);
  }

  override measure(holderId: string) {
    this.asked.push(holderId);
    return { cpuSeconds: this.cpuSeconds, memoryBytes: 5, threads: 1 };
  }
}

describe('Sampler', () => {
  const beat = 500;
  let figures: Figures;
  let holders: string[];
  let running: Set<string>;
  let events: EventBody[];
  let sampler: Sampler;
  let stop: () => void;
  let nodeAsked: number;
  let held: HeldMemory | null;

  beforeEach(() => {
    jest.useFakeTimers();
    figures = new Figures();
    [holders, running, events, nodeAsked, held] = [[], new Set(), [], 0, null];
    const use = {
      cpusBusy: 1,
      memoryUsedBytes: 2,
      memoryPressure: null,
      memoryAvailableBytes: null
    };
    sampler = new Sampler({
      enforcer: figures,
      meters: {
        node: () => ((nodeAsked += 1), Promise.resolve(use)),
        memory: () => held,
        gpus: () => []
      },
      post: event => void events.push(event),
      holderIds: () => holders,
      runningHolderIds: () => running,
      nowMs: () => Date.now()
    });
    stop = sampler.begin();
  });

  afterEach(() => {
    stop();
    jest.useRealTimers();
  });

  const uses = (): HolderUse[] =>
    events.flatMap(it => (it.type === 'useMeasured' ? it.holders : []));

  it('[CPU4] measures what runs twice a second, as CPUs busy since the last time', () => {
    holders = ['k'];
    running = new Set(['k']);
    jest.advanceTimersByTime(beat);
    figures.cpuSeconds = 1;
    jest.advanceTimersByTime(beat);
    expect(uses().map(it => [it.cpusBusy, it.cpuSeconds])).toEqual([
      [0, 0],
      [2, 1]
    ]);
  });

  it('measures a holder that is new, and one that has just stopped, at once', () => {
    holders = ['a', 'b'];
    running = new Set(['b']);
    jest.advanceTimersByTime(beat);
    running = new Set();
    jest.advanceTimersByTime(beat);
    expect(figures.asked.filter(it => it === 'a').length).toBeGreaterThanOrEqual(1);
    expect(figures.asked.filter(it => it === 'b').length).toBeGreaterThanOrEqual(2);
  });

  it('[ENF10] looks once a second at what is written for those that run, and for no other', () => {
    holders = ['a', 'b'];
    running = new Set(['b']);
    jest.advanceTimersByTime(beat * 6);
    expect(figures.tightened).toEqual(['b', 'b', 'b']);
  });

  it('lets idle holders take turns: some each second, all within four', () => {
    holders = Array.from({ length: 80 }, (_, n) => `k${n}`);
    jest.advanceTimersByTime(beat);
    figures.asked.length = 0;
    jest.advanceTimersByTime(beat);
    expect(figures.asked).toHaveLength(20);
    jest.advanceTimersByTime(beat * 6);
    expect(new Set(figures.asked).size).toBe(80);
    expect(figures.asked).toHaveLength(80);
  });

  it('lets time pass each second, and asks the node more seldom while nothing runs', () => {
    jest.advanceTimersByTime(4000);
    expect(events.filter(it => it.type === 'ticked')).toHaveLength(4);
    expect(nodeAsked).toBeLessThanOrEqual(2);
  });

  it('[ADM14] tells what others hold beside our kernels, when that changes', () => {
    const others = () => events.filter(it => it.type === 'othersMeasured').map(it => it.bytes);
    const totalBytes = 2 ** 34;
    holders = ['a', 'b'];
    held = { totalBytes, heldBytes: 2 ** 33 + 10 };
    jest.advanceTimersByTime(4000);
    expect(others()).toEqual([2 ** 33]);
    held = { totalBytes, heldBytes: 2 ** 32 + 5 };
    holders = ['a'];
    sampler.forget('b');
    jest.advanceTimersByTime(4000);
    expect(others()).toEqual([2 ** 33, 2 ** 32]);
  });
});
