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

describe('Entrance', () => {
  it('[SEC9] takes so many holders of one user, and then more of others, and those it has', () => {
    const known = new KnownProcesses();
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
});
