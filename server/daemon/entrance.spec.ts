import { ENDED_MAX } from './endedIds';
import { Entrance, HOLDERS_OF_ONE_MAX } from './entrance';
import { KnownProcesses } from './knownProcesses';
import type { IProcesses, KnownProcess } from './ports';

const ANN = { uid: 1001, name: 'ann' };
const BOB = { uid: 1002, name: 'bob' };

/** Processes that all live, each of the user whose number its pid begins with. */
const processes: IProcesses = {
  find: pid => ({ startTicks: pid, parentPid: 1 }),
  hasEnded: () => false,
  userOf: pid => Math.floor(pid / 10_000),
  kill: () => undefined
};

const processOf = ({ uid }: { uid: number }, nth: number): KnownProcess => {
  const pid = uid * 10_000 + nth;
  const holderId = `${uid}-${nth}`;
  return { holderId, pid, startTicks: pid, name: holderId, kind: 'kernel', gated: true };
};

/** Those, and one that comes from each of these: the pid of a child, and its parent's. */
const withParents = (parents: Readonly<Record<number, number>>): IProcesses => ({
  ...processes,
  find: pid => ({ startTicks: pid, parentPid: parents[pid] ?? 1 })
});

const TOKEN = { tokenDigest: 'of the family' };

describe('Entrance', () => {
  it('[SEC9] takes so many holders of one user, and then more of others, and those it has', () => {
    const known = new KnownProcesses(() => []);
    const entrance = new Entrance(processes, known);
    for (let nth = 0; nth < HOLDERS_OF_ONE_MAX; nth += 1) {
      known.enter({ ...processOf(ANN, nth), owner: ANN });
    }
    expect(entrance.whyNot(processOf(ANN, HOLDERS_OF_ONE_MAX), ANN)).toMatchObject({
      code: 'TOO_MANY',
      details: { limit: HOLDERS_OF_ONE_MAX }
    });
    expect(entrance.whyNot(processOf(ANN, 0), ANN)).toBeNull();
    expect(entrance.whyNot(processOf(BOB, 0), BOB)).toBeNull();
  });

  /** An entrance where this one of Ann's is known, and these came from others. */
  function besides(it: Partial<KnownProcess>, parents: Readonly<Record<number, number>> = {}) {
    const known = new KnownProcesses(() => []);
    known.enter({ ...processOf(ANN, 0), owner: ANN, ...it });
    return new Entrance(withParents(parents), known);
  }

  it("[SEC8] lets nobody speak for another user's process, whoever it is and whatever they know", () => {
    const entrance = besides(TOKEN);
    const whyNot = (by: object) =>
      entrance.whyNotSpeak('1001-0', TOKEN.tokenDigest, { ...BOB, ...by })?.code;
    expect(whyNot({})).toBe('NOT_THIS_HOLDER');
    expect(whyNot({ uid: 0, name: 'root' })).toBe('NOT_THIS_HOLDER');
    expect(whyNot(ANN)).toBeUndefined();
  });

  it('[SEC6] [SEC8] takes nobody in as a holder that lives, without its token or for another user', () => {
    const entrance = besides(TOKEN);
    const whyNot = (its: object, by = ANN) =>
      entrance.whyNot({ ...processOf(ANN, 0), ...its }, by)?.code;
    expect(whyNot({ tokenDigest: 'another' })).toBe('NOT_THIS_HOLDER');
    expect(whyNot(TOKEN, BOB)).toBe('NOT_THIS_HOLDER');
    expect(whyNot(TOKEN)).toBeUndefined();
  });

  it('[HOLD2] takes no child in whose parent is of another user', () => {
    const child = { ...processOf(BOB, 1), kind: 'cell' as const, parentHolderId: '1001-0' };
    const entrance = besides({}, { [child.pid]: processOf(ANN, 0).pid });
    expect(entrance.whyNot(child, BOB)?.code).toBe('NOT_A_CHILD');
    const own = { ...child, ...processOf(ANN, 1), kind: 'cell' as const };
    const ofAnn = besides({}, { [own.pid]: processOf(ANN, 0).pid });
    expect(ofAnn.whyNot(own, ANN)).toBeNull();
  });

  it("[SEC7] takes no other holder's process in, but one that has the number of one that ended", () => {
    const { pid, startTicks } = processOf(ANN, 0);
    const other = { ...processOf(ANN, 1), pid, startTicks };
    expect(besides({}).whyNot(other, ANN)?.code).toBe('FOREIGN_PROCESS');
    expect(besides({ startTicks: startTicks - 1 }).whyNot(other, ANN)).toBeNull();
  });

  it("[SEC1] says of another user's process no more than that, whichever holder it is", () => {
    const { pid, startTicks } = processOf(ANN, 0);
    const why = besides({}).whyNot({ ...processOf(BOB, 0), pid, startTicks }, BOB);
    expect(why).toMatchObject({ details: { why: 'it belongs to another user' } });
  });

  it('[HOLD5] [SEC8] leaves the id of a holder that has ended to its user, so that it can restart', () => {
    const known = new KnownProcesses(() => []);
    const entrance = new Entrance(processes, known);
    const kernel = { ...processOf(ANN, 0), ...TOKEN, owner: ANN };
    known.enter(kernel);
    known.forget(kernel);
    const { holderId } = kernel;
    const whyNot = (by: typeof ANN) => [
      entrance.whyNot({ ...processOf(by, 1), holderId }, by)?.code,
      entrance.whyNotSpeak(holderId, null, by)?.code
    ];
    expect(whyNot(BOB)).toEqual(['NOT_THIS_HOLDER', 'NOT_THIS_HOLDER']);
    expect(whyNot(ANN)).toEqual([undefined, undefined]);
  });

  it('[HOLD5] leaves each user the ids of the last ones that have ended, however many of others do', () => {
    const known = new KnownProcesses(() => []);
    const end = (by: typeof ANN, nth: number) => known.forget({ ...processOf(by, nth), owner: by });
    end(ANN, 0);
    for (let nth = 0; nth <= ENDED_MAX; nth += 1) {
      end(BOB, nth);
    }
    expect(['1001-0', '1002-0', '1002-1'].map(it => known.userOf(it))).toEqual([
      ANN.uid,
      undefined,
      BOB.uid
    ]);
  });

  it('[HOLD5] takes a kernel in as nothing else under its id, not even its own process', () => {
    const asCommand = { ...processOf(ANN, 0), kind: 'command' as const };
    expect(besides({}).whyNot(asCommand, ANN)?.code).toBe('HOLDER_TAKEN');
    expect(besides({}).whyNot(processOf(ANN, 0), ANN)).toBeNull();
  });

  it('[HOLD5] takes no process in for a worker whose gate is the one that it was forked from', () => {
    const root = processOf(ANN, 0);
    const [gate, fork] = [processOf(ANN, 1), processOf(ANN, 2)];
    const worker = {
      kind: 'worker' as const,
      gate: { pid: gate.pid, startTicks: gate.startTicks }
    };
    const entrance = besides(worker, { [gate.pid]: root.pid, [fork.pid]: gate.pid });
    const said = (pid: number, gated: boolean) =>
      entrance.whyNot({ ...root, kind: 'worker', pid, startTicks: pid, gated }, ANN)?.code;
    expect(said(fork.pid, true)).toBe('HOLDER_TAKEN');
    expect(said(gate.pid, true)).toBeUndefined();
    expect(said(fork.pid, false)).toBeUndefined();
  });
});
