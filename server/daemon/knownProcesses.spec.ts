import { KnownProcesses, gateOf } from './knownProcesses';
import type { IProcesses, KnownProcess, ProcessIdentity } from './ports';
import { HolderWatch } from './holderWatch';

/** A holder whose process has the number and the start of `pid`. */
function holder(holderId: string, pid: number, more: Partial<KnownProcess> = {}): KnownProcess {
  return { holderId, kind: 'kernel', name: holderId, pid, startTicks: pid, gated: true, ...more };
}

describe('known processes', () => {
  let known: KnownProcesses;

  beforeEach(() => (known = new KnownProcesses(user => [`hub of ${user}`])));

  it('[ADM10] are inside of the nearest ancestor, unless that is younger, or themselves', () => {
    known.enter(holder('outer', 10));
    known.enter(holder('reused', 20, { startTicks: 99 }));
    const inner = holder('inner', 30, { ancestors: [30, 20, 15, 10] });
    known.enter(inner);
    expect(known.parentOf(inner)).toBe('outer');
  });

  it('[HOLD2] are inside of who they name, as long as that is known', () => {
    known.enter(holder('outer', 10));
    known.enter(holder('named', 20));
    const inner = holder('inner', 30, { ancestors: [10], parentHolderId: 'named' });
    expect(known.parentOf(inner)).toBe('named');
    known.forget(known.byId('named')!);
    expect(known.parentOf(inner)).toBe('outer');
  });

  it('[GATE2] are found by a number until that is of another one', () => {
    const before = holder('before', 10);
    known.enter(before);
    known.enter(holder('after', 10));
    known.forget(before);
    expect(known.byPid(10)?.holderId).toBe('after');
    known.forget(holder('after', 10));
    expect(known.byPid(10)).toBeUndefined();
  });

  it('[HOLD3] end with their parent if they are its cells or workers, and nobody else’s', () => {
    known.enter(holder('k', 10));
    known.enter(holder('other', 11));
    for (const kind of ['cell', 'worker', 'command', 'kernel'] as const) {
      known.enter(holder(`${kind} of k`, 20, { kind, parentHolderId: 'k' }));
      known.enter(holder(`${kind} of other`, 21, { kind, parentHolderId: 'other' }));
    }
    expect(known.endingWith('k').map(it => it.holderId)).toEqual(['cell of k', 'worker of k']);
  });

  it('[HOLD3] that are orphans are killed only if their parent has ended, and nobody knows them', () => {
    const killed: string[] = [];
    const processes = {
      hasEnded: ({ pid }: ProcessIdentity) => pid === 10,
      kill: (it: ProcessIdentity) => void killed.push((it as KnownProcess).holderId)
    } as unknown as IProcesses;
    const cell = (id: string, parentHolderId: string) =>
      holder(id, 20, { kind: 'cell', parentHolderId });
    known.enter(cell('known', 'dead'));
    known.endOrphans(
      [
        holder('dead', 10),
        holder('alive', 11),
        ...['known', 'orphan'].map(id => cell(id, 'dead')),
        cell('child', 'alive'),
        cell('stray', 'unknown'),
        holder('command', 21, { kind: 'command', parentHolderId: 'dead' })
      ],
      processes
    );
    expect(killed).toEqual(['orphan']);
  });

  it('[SEC9] [HUB1] are counted by user, who has groups in the Hub', () => {
    const ann = holder('a', 1, { owner: { uid: 1, name: 'ann' } });
    known.enter(ann);
    known.enter(holder('b', 2, { owner: { uid: 2, name: 'bob' } }));
    expect(known.countOf(1)).toBe(1);
    expect(known.holderOf(ann).hubGroups).toEqual(['hub of ann']);
  });

  it('have a gate that speaks only if one has said hello', () => {
    expect(gateOf(holder('k', 5))).toEqual({ pid: 5, startTicks: 5 });
    expect(gateOf(holder('k', 5, { gated: false }))).toBeNull();
  });
});

describe('the watch over holders', () => {
  let known: KnownProcesses;
  let looked: string[];
  let running: Set<string>;
  let watch: HolderWatch;
  let end: () => void;

  beforeEach(() => {
    jest.useFakeTimers();
    known = new KnownProcesses(() => []);
    [looked, running] = [[], new Set()];
    watch = new HolderWatch({
      known,
      runningHolderIds: () => running,
      look: id => void looked.push(id),
      lookForKills: id => void looked.push(`kills of ${id}`)
    });
    end = watch.begin();
  });

  afterEach(() => {
    end();
    jest.useRealTimers();
  });

  /** How often a holder was looked at within so many milliseconds. */
  const within = (ms: number, id: string) => {
    looked.length = 0;
    jest.advanceTimersByTime(ms);
    return looked.filter(it => it === id).length;
  };

  it('[GATE2] looks at all that run a cell or have no gate each second, at others now and then', () => {
    known.enter(holder('idle', 1));
    known.enter(holder('runs', 2));
    known.enter(holder('plain', 3, { gated: false }));
    running.add('runs');
    expect(within(8000, 'runs')).toBe(8);
    expect(within(8000, 'plain')).toBe(8);
    expect(within(8000, 'idle')).toBe(2);
    expect(within(10_000, 'kills of idle')).toBe(2);
  });

  it('[GATE2] looks at a suspect at once, and closely for a while', () => {
    known.enter(holder('k', 1));
    watch.suspect('k');
    expect(looked).toEqual(['k']);
    expect(within(1000, 'k')).toBeGreaterThan(40);
    expect(within(10_000, 'k')).toBeGreaterThan(190);
    expect(within(8000, 'k')).toBe(2);
    watch.suspect('k');
    expect(within(1000, 'k')).toBeGreaterThan(40);
    watch.forget('k');
    expect(within(8000, 'k')).toBe(2);
  });

  it('looks at nobody once it has ended', () => {
    known.enter(holder('k', 1));
    watch.suspect('k');
    end();
    looked.length = 0;
    jest.advanceTimersByTime(60_000);
    expect(looked).toEqual([]);
  });
});
