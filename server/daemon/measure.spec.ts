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
  readonly lowered: string[] = [];
  readonly recalled: string[] = [];
  seconds = 0;
  isGone = false;

  constructor() {
    super(TIER, new DiskFiles(), true);
  }

  override tighten(holderId?: string): void {
    this.tightened.push(holderId!);
  }

  override cpuSeconds(): number {
    return this.seconds;
  }

  override lowerPeak(holderId: string): void {
    this.lowered.push(holderId);
  }

  override recall(holderId: string): void {
    this.recalled.push(holderId);
  }

  override measure(holderId: string) {
    this.asked.push(holderId);
    return this.isGone
      ? null
      : {
          cpuSeconds: this.seconds,
          memoryBytes: 5,
          memoryPeakBytes: 5,
          threads: 1,
          processes: 1
        };
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
      clock: { nowMs: () => Date.now() }
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
    figures.seconds = 1;
    jest.advanceTimersByTime(beat);
    expect(uses().map(it => [it.cpusBusy, it.cpuSeconds])).toEqual([
      [0, 0],
      [2, 1]
    ]);
  });

  const grant = (holderId: string) => {
    const grant = { cpus: null, threads: null, memoryBytes: null, gpus: [] };
    sampler.follow([{ type: 'grant', holderId, claimId: '1', grant }]);
  };

  it('[HIST1] measures an execution that takes less than a beat, from its grant to its end', () => {
    figures.seconds = 40;
    grant('k');
    expect(figures.lowered).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(figures.lowered).toEqual(['k']);
    expect(figures.asked).toEqual([]);
    jest.advanceTimersByTime(49);
    figures.seconds = 40.1;
    sampler.measureNow('k');
    sampler.measureNow('k');
    expect(uses()).toMatchObject([
      { cpuSecondsAtGrant: 40, cpuSeconds: 40.1, cpusBusy: expect.closeTo(1) },
      { cpuSeconds: 40.1, cpusBusy: 0 }
    ]);
    expect(uses()[1]).not.toHaveProperty('cpuSecondsAtGrant');
  });

  it('[ENF5] brings holders back at each look, and has no next cell wait for that', () => {
    holders = ['idle', 'k'];
    running = new Set(['k']);
    jest.advanceTimersByTime(2 * beat);
    figures.recalled.length = 0;
    sampler.measureNow('k');
    expect(figures.recalled).toEqual([]);
    jest.advanceTimersByTime(beat);
    expect(figures.recalled).toEqual(['k']);
    jest.advanceTimersByTime(4000 - beat);
    expect(figures.recalled).toContain('idle');
  });

  it('[HIST1] counts from the first of two grants, and lowers the peak once a beat', () => {
    holders = ['k'];
    running = new Set(['k']);
    figures.seconds = 1;
    grant('k');
    jest.advanceTimersByTime(1);
    figures.seconds = 2;
    grant('k');
    jest.advanceTimersByTime(2 * beat);
    expect(uses().map(it => it.cpuSecondsAtGrant)).toEqual([1, undefined]);
    expect(figures.lowered).toEqual(['k', 'k', 'k']);
  });

  it('[HIST1] knows no start of an execution whose kernel could not be measured', () => {
    grant('k');
    jest.advanceTimersByTime(1);
    figures.isGone = true;
    sampler.measureNow('k');
    figures.isGone = false;
    sampler.measureNow('k');
    expect(uses()).toHaveLength(1);
    expect(uses()[0]).not.toHaveProperty('cpuSecondsAtGrant');
    grant('k');
    sampler.forget('k');
    jest.advanceTimersByTime(1);
    expect(figures.lowered).toEqual(['k']);
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
