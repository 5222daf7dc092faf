import { ancestorsOf, digestOf, isWithin, maySpeak, whyNoHolder } from './identity';
import type { IProcesses, KnownProcess } from './ports';

const USER = 1000;

/**
 * Processes by pid: the parent of each, and its user. Their start is their pid; of one that is
 * said to have started at another time, and is not here, nothing can be told.
 */
function processesOf(
  table: Readonly<Record<number, readonly [number, number | null]>>,
  zombie?: number
): IProcesses {
  return {
    find: pid =>
      table[pid] && pid !== zombie ? { startTicks: pid, parentPid: table[pid][0] } : null,
    hasEnded: ({ pid, startTicks }) => pid === zombie || (!table[pid] && startTicks === pid),
    userOf: pid => table[pid]?.[1] ?? null,
    kill: () => undefined
  };
}

const known = (pid: number, tokenDigest?: string | null): KnownProcess => ({
  holderId: 'k',
  kind: 'kernel',
  name: 'k',
  pid,
  startTicks: pid,
  gated: true,
  ...(tokenDigest !== undefined && { tokenDigest })
});

describe('the processes that a process came from', () => {
  const processes = processesOf({ 10: [1, USER], 20: [10, USER], 30: [20, USER], 41: [40, USER] });

  it('are told nearest first, as far as they live, and without the first of all', () => {
    // Strictly: an ancestor that is not told is none.
    expect([30, 10, 41, 50].map(pid => ancestorsOf(processes, pid))).toStrictEqual([
      [20, 10],
      [],
      [40],
      []
    ]);
  });

  it('are so many at most, whatever is told of them', () => {
    const circle = processesOf({ 10: [20, USER], 20: [10, USER] });
    expect(ancestorsOf(circle, 10)).toHaveLength(64);
  });

  it('are within what lives, as it is itself, and nothing else is', () => {
    expect([10, 20, 30].map(pid => isWithin(processes, pid, known(20)))).toEqual([
      false,
      true,
      true
    ]);
    expect(isWithin(processes, 41, known(40))).toBe(false);
  });
});

describe('[SEC7] a process', () => {
  const table = {
    [process.pid]: [20, USER],
    20: [10, USER],
    10: [1, USER],
    30: [20, USER],
    40: [30, USER + 1],
    50: [30, null],
    70: [30, USER]
  } as const;
  const processes = processesOf(table, 70);
  const why = (pid: number, startTicks = pid) => whyNoHolder(processes, { pid, startTicks }, USER);

  it('is a kernel of its user, also one that started beside the sidecar', () => {
    expect(why(30)).toBeNull();
  });

  it.each([
    ['the sidecar', process.pid, process.pid, 'it is the sidecar, or what started it'],
    ['what started it', 20, 20, 'it is the sidecar, or what started it'],
    ['what started that', 10, 10, 'it is the sidecar, or what started it'],
    ['the first of all', 1, 1, 'it is the sidecar, or what started it'],
    ['of another user', 40, 40, 'it belongs to another user'],
    ['of another start', 30, 31, 'it started at another time'],
    ['gone', 60, 60, 'there is no such process'],
    ['not reaped yet', 70, 70, 'there is no such process'],
    ['not to be looked at', 60, 61, 'it is a thread, not a process'],
    ['a thread', 50, 50, 'it is a thread, not a process']
  ])('is none that is %s', (_, pid, startTicks, sentence) => {
    expect(why(pid, startTicks)).toContain(sentence);
  });
});

describe('[SEC6] who speaks for a kernel', () => {
  const own = digestOf('a token');

  it('is who tells its token, or anybody where it has none', () => {
    expect(maySpeak(known(10, own), digestOf('a token'))).toBe(true);
    expect(maySpeak(known(10, own), digestOf('another'))).toBe(false);
    expect(maySpeak(known(10, own), null)).toBe(false);
    expect(maySpeak(known(10, own), own.slice(1))).toBe(false);
    for (const none of [null, undefined]) {
      expect(maySpeak(known(10, none), null)).toBe(true);
      expect(maySpeak(known(10, none), own)).toBe(true);
    }
  });
});
