import { simulate, type IPolicy, type Outcome } from '../../server/simulator/engine';
import { CgroupFair } from '../../server/simulator/policies/cgroupFair';
import { Oracle, RigidQueue } from './policies/rigidQueue';
import { PerThread } from '../../server/simulator/policies/perThread';
import type { Cell } from '../../server/simulator/cell';
import { cellsOfUsers, WORKLOADS, type WorkloadName } from './workload';

/** A cell that arrives at `thinkS` with so much work for so many threads, perfectly parallel. */
function cell(user: number, thinkS: number, work: number, threads = 1, wait = 0): Cell {
  return {
    user,
    kind: 'parallel',
    thinkS,
    work,
    speedup: { parallelism: 1024, variance: 0 },
    threads,
    turns: 1,
    turnWaitS: wait,
    aloneS: work / threads + wait,
    source: '',
    gpus: 0,
    memoryBytes: 0
  };
}

function endsOf(outcome: Outcome): number[] {
  const byUser = [...outcome.finished].sort((a, b) => a.cell.user - b.cell.user);
  return byUser.map(({ endedS }) => Number(endedS.toFixed(6)));
}

describe('simulate', () => {
  it('runs a lone cell in its time alone', () => {
    expect(endsOf(simulate([[cell(0, 5, 8, 4)]], new CgroupFair(4, 0)))).toEqual([7]);
  });

  it('shares by cell or by thread, as the policy says', () => {
    const users = [[cell(0, 0, 6, 2)], [cell(1, 0, 6, 4)]];
    expect(endsOf(simulate(users, new CgroupFair(3, 0)))).toEqual([4, 4]);
    // A third and two thirds of 3 CPUs: 2 / s until the second ends at 3 s, then 2 / s for 3 units.
    expect(endsOf(simulate(users, new PerThread(3, 0)))).toEqual([4.5, 3]);
  });

  it('lends the CPUs of a cell that waits', () => {
    // The first computes from 0 to 2 s at half a CPU, waits until 5, and is done.
    const users = [[cell(0, 0, 1, 1, 3)], [cell(1, 0, 4)]];
    expect(endsOf(simulate(users, new CgroupFair(1, 0)))).toEqual([5, 5]);
  });

  it('lets a user think after the end of the cell before', () => {
    expect(endsOf(simulate([[cell(0, 1, 2), cell(0, 10, 1)]], new CgroupFair(1, 0)))).toEqual([
      3, 14
    ]);
  });

  it('keeps the head of a batch queue its place, and lets small cells pass', () => {
    // 4 CPUs: 3 are busy until 10; the head wants 4; one small cell fits before 10, a long one does not.
    const users = [[cell(0, 0, 30, 3)], [cell(1, 1, 4, 4)], [cell(2, 2, 5)], [cell(3, 3, 20)]];
    expect(endsOf(simulate(users, new RigidQueue(4, new Oracle())))).toEqual([10, 11, 7, 31]);
    expect(endsOf(simulate(users, new RigidQueue(4, null)))).toEqual([10, 11, 16, 31]);
  });

  it.each(Object.keys(WORKLOADS) as WorkloadName[])('conserves work: %s', workload => {
    const options = { cpus: 16, users: 8, cellsPerUser: 40, seed: 3, speedup: 'concave' } as const;
    const users = cellsOfUsers({ ...options, workload });
    const cells = users.flat();
    const outcome = simulate(users, new CgroupFair(16, 0));
    const alone = cells.reduce((sum, { aloneS }) => sum + aloneS, 0);
    expect(outcome.finished).toHaveLength(cells.length);
    expect(outcome.progressS / alone).toBeCloseTo(1, 6);
    expect(outcome.cpuSeconds).toBeLessThanOrEqual(16 * outcome.busyS * (1 + 1e-9));
    for (const { cell: it, arrivedS, endedS } of outcome.finished) {
      expect((endedS - arrivedS) / it.aloneS).toBeGreaterThan(1 - 1e-4);
    }
    expect(simulate(users, new CgroupFair(16, 0))).toEqual(outcome);
  });

  it('says so when a policy starves its cells', () => {
    const starve: IPolicy = {
      arrived: () => undefined,
      ended: () => undefined,
      share: () => Infinity
    };
    expect(() => simulate([[cell(0, 2, 1)]], starve)).toThrow('at 2 s 1 cells are stuck');
  });
});
