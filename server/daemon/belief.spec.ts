import { uptime } from 'node:os';

import { NOTHING_ASKED } from '../protocol/ask';
import { UNRESTRICTED, type Grant } from '../protocol/grant';
import { gpusOf, nodeOf } from '../testing/harness';
import { believable, type Belief } from './belief';
import type { NewClaim } from './ports';

const GIB = 1024 ** 3;
const NOW_MS = 1e12;

describe('[SEC7] what a gate tells of its claims', () => {
  let told: string[];

  beforeEach(() => {
    told = [];
  });

  const belief = (boundGpus: readonly string[] = []): Belief => ({
    node: nodeOf({ gpus: gpusOf(2) }),
    boundGpus,
    nowMs: NOW_MS,
    log: (level, sentence) => told.push(`${level}: ${sentence}`)
  });

  function claimOf(granted: NewClaim['granted'], waitingSinceMs: number | null = null): NewClaim {
    const claim = {
      id: 'cell',
      holderId: 'kernel',
      outerId: null,
      cellId: null,
      label: null,
      sourceHash: null,
      ask: NOTHING_ASKED
    };
    return { claim, granted, waitingSinceMs };
  }

  /** A grant, as far as it is believed. */
  function believed(grant: Partial<Grant>, boundGpus: readonly string[] = []): Grant | undefined {
    const claim = claimOf({ grant: { ...UNRESTRICTED, ...grant }, sinceMs: NOW_MS });
    return believable(claim, belief(boundGpus)).granted?.grant;
  }

  it('is believed as far as the node has it, and nothing is said', () => {
    const whole = { cpus: [1, 2], threads: 2, memoryBytes: GIB, gpus: ['GPU-1'], asked: true };
    for (const grant of [{}, whole, { threads: 4, memoryBytes: 64 * GIB, cpus: [0, 1, 2, 3] }]) {
      expect(believed(grant)).toEqual({ ...UNRESTRICTED, ...grant });
    }
    expect(told).toEqual([]);
  });

  it('is cut to what the node has, and that is said', () => {
    const huge = {
      cpus: [2, 3, 4, 5, 6, 7, 8, 9],
      threads: 9,
      memoryBytes: 900 * GIB,
      gpus: ['GPU-1', 'GPU-9']
    };
    expect(believed(huge)).toEqual({
      cpus: [2, 3],
      threads: 4,
      memoryBytes: 64 * GIB,
      gpus: ['GPU-1']
    });
    expect(told).toEqual([
      'warning: kernel kernel reports a grant of cell beyond this node, which was reduced'
    ]);
  });

  it('is all CPUs where the node has none of those told', () => {
    expect(believed({ cpus: [8, 9] })?.cpus).toBeNull();
  });

  it('has each GPU once, of those that the kernel is bound to if it is to any', () => {
    expect(believed({ gpus: ['GPU-0', 'GPU-0'] })?.gpus).toEqual(['GPU-0']);
    expect(believed({ gpus: ['GPU-0', 'GPU-gone'] }, ['GPU-gone'])?.gpus).toEqual(['GPU-gone']);
  });

  it('is no older than the machine, and not of the time to come', () => {
    const since = (ms: number) => {
      const claim = claimOf({ grant: UNRESTRICTED, sinceMs: ms }, ms);
      const { granted, waitingSinceMs } = believable(claim, belief());
      expect(granted?.sinceMs).toBeCloseTo(waitingSinceMs!, -3);
      return waitingSinceMs!;
    };
    expect(since(NOW_MS + 1)).toBe(NOW_MS);
    expect(since(NOW_MS - 5)).toBe(NOW_MS - 5);
    expect(since(-1e300)).toBeCloseTo(NOW_MS - uptime() * 1000, -4);
  });

  it('stays open where nothing is told', () => {
    expect(believable(claimOf(null), belief())).toEqual(claimOf(null));
    expect(told).toEqual([]);
  });
});
