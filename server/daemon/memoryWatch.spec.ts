import type { EventBody } from './arbiter';
import { Kills } from './kills';
import { MemoryWatch } from './memoryWatch';

const MIB = 1024 ** 2;

/** A watch of one holder whose memory the test sets, on the test's own time. */
class Scene {
  readonly posted: number[] = [];
  memoryBytes: number | null = 100 * MIB;
  /** What is charged beside it, and not held. */
  cacheBytes = 0;
  looks = 0;
  readonly watch: MemoryWatch;

  constructor(enforced: readonly 'memory'[] = ['memory']) {
    const tier = { name: 'cgroup-v1', enforced, notEnforced: [], reason: 'a test' } as const;
    const memoryOf = (_: string, exactFromBytes: number) => {
      this.looks += 1;
      return this.cacheBytes + this.memoryBytes! < exactFromBytes
        ? this.cacheBytes + this.memoryBytes!
        : this.memoryBytes;
    };
    const post = (event: EventBody) => {
      event.type === 'memoryMeasured' && this.posted.push(event.memoryBytes / MIB);
    };
    this.watch = new MemoryWatch({ enforcer: { tier, memoryOf }, post });
  }

  /** How often it looks in a second. */
  looksPerSecond(): number {
    const before = this.looks;
    jest.advanceTimersByTime(1000);
    return this.looks - before;
  }
}

describe('MemoryWatch', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('[MEM3] looks the more often the nearer the limit is', () => {
    const scene = new Scene();
    scene.watch.limit('a', 8192 * MIB);
    expect(scene.looksPerSecond()).toBe(4);
    scene.watch.limit('a', 400 * MIB);
    expect(scene.looksPerSecond()).toBeGreaterThan(10);
    scene.memoryBytes = 349 * MIB;
    expect(scene.looksPerSecond()).toBeGreaterThan(150);
  });

  it.each([400, 8192])('[MEM5] is not hurried by files that fill a limit of %s MiB', limitMiB => {
    const scene = new Scene();
    const looks = () => {
      scene.watch.limit('a', limitMiB * MIB);
      return scene.looksPerSecond();
    };
    const unhurried = looks();
    for (const part of [0.6, 0.85, 0.99]) {
      scene.cacheBytes = part * limitMiB * MIB - 100 * MIB;
      expect(looks()).toBe(unhurried);
    }
    expect(scene.posted.every(it => it === 100)).toBe(true);
  });

  it('is in no hurry where nothing kills', () => {
    const scene = new Scene([]);
    scene.watch.limit('a', 400 * MIB);
    scene.memoryBytes = 349 * MIB;
    expect(scene.looksPerSecond()).toBeLessThanOrEqual(5);
  });

  it('tells the first figure, those near the limit, and the one after', () => {
    const scene = new Scene();
    scene.watch.limit('a', 400 * MIB);
    expect(scene.posted).toEqual([100]);
    for (const memory of [200, 360, 150, 160]) {
      scene.memoryBytes = memory * MIB;
      jest.advanceTimersByTime(250);
    }
    expect([...new Set(scene.posted)]).toEqual([100, 360, 150]);
  });

  it('stops with the limit, with the holder, and at its end', () => {
    const scene = new Scene();
    scene.watch.limit('a', 400 * MIB);
    scene.watch.limit('a', null);
    expect(scene.looksPerSecond()).toBe(0);
    scene.watch.limit('a', 400 * MIB);
    scene.watch.limit('b', 400 * MIB);
    scene.watch.forget('a');
    scene.watch.end();
    expect(scene.looksPerSecond()).toBe(0);
  });

  it('[MEM3] goes on where for a while nothing can be read', () => {
    const scene = new Scene();
    scene.watch.limit('a', 400 * MIB);
    scene.memoryBytes = null;
    expect(scene.looksPerSecond()).toBeGreaterThan(3);
    scene.memoryBytes = 360 * MIB;
    jest.advanceTimersByTime(250);
    expect(scene.posted).toEqual([100, 360]);
  });

  it('[MEM3] begins as soon as something can be read', () => {
    const scene = new Scene();
    scene.memoryBytes = null;
    scene.watch.limit('a', 400 * MIB);
    expect(scene.looksPerSecond()).toBeGreaterThan(3);
    scene.memoryBytes = 100 * MIB;
    jest.advanceTimersByTime(250);
    expect(scene.posted).toEqual([100]);
    scene.memoryBytes = 360 * MIB;
    jest.advanceTimersByTime(250);
    expect(scene.posted).toContain(360);
  });
});

describe('Kills', () => {
  let count = 0;
  let isAtLimit = true;
  let kills: Kills;
  const lookTimes = (n: number): void => Array.from({ length: n }).forEach(() => kills.look('a'));

  beforeEach(() => {
    count = 0;
    isAtLimit = true;
    kills = new Kills({ kills: () => count, hasReachedLimit: () => isAtLimit });
  });

  it('[MEM3] blames a kill for the end of a holder, but not long after', () => {
    lookTimes(1);
    expect(kills.causeOf('a')).toBeNull();
    count = 1;
    lookTimes(2); // it may still be dying
    expect(kills.causeOf('a')).toBe('limit');
    lookTimes(3); // a child was hit
    expect(kills.causeOf('a')).toBeNull();
  });

  it('[MEM3] blames the node where the holder never reached its limit', () => {
    isAtLimit = false;
    count = 1;
    expect(kills.causeOf('a')).toBe('node');
  });

  it('[MEM3] blames a kill that comes long after one that hit a child', () => {
    count = 1;
    lookTimes(50);
    count = 2;
    expect(kills.causeOf('a')).toBe('limit');
    lookTimes(50);
    count = 3;
    lookTimes(2); // it may still be dying
    expect(kills.causeOf('a')).toBe('limit');
    lookTimes(3);
    expect(kills.causeOf('a')).toBeNull();
  });
});
