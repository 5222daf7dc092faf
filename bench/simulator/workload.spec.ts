import { median } from '../statistics';
import type { Cell } from '../../server/simulator/cell';
import { cellsOfUsers, type WorkloadOptions } from './workload';

const OPTIONS: WorkloadOptions = {
  cpus: 16,
  users: 40,
  cellsPerUser: 250,
  seed: 7,
  speedup: 'concave',
  workload: 'plain'
};

const share = (cells: readonly Cell[], is: (cell: Cell) => boolean) =>
  cells.filter(is).length / cells.length;

describe('cellsOfUsers', () => {
  const cells = cellsOfUsers(OPTIONS).flat();

  it('gives the same cells for the same seed, others for another', () => {
    expect(cellsOfUsers(OPTIONS)).toEqual(cellsOfUsers(OPTIONS));
    expect(cellsOfUsers({ ...OPTIONS, seed: 8 })).not.toEqual(cellsOfUsers(OPTIONS));
  });

  it('gives a user the same cells whoever else there is', () => {
    expect(cellsOfUsers({ ...OPTIONS, users: 3 })).toEqual(cellsOfUsers(OPTIONS).slice(0, 3));
  });

  it('has the kinds, the work and the think times that it says', () => {
    const of = (kind: Cell['kind']) => cells.filter(cell => cell.kind === kind);
    expect(share(cells, ({ kind }) => kind === 'serial')).toBeCloseTo(0.8, 1);
    expect(share(cells, ({ kind }) => kind === 'heavy')).toBeCloseTo(0.05, 2);
    expect(median(of('serial').map(({ work }) => work)) / 0.2).toBeCloseTo(1, 1);
    expect(median(of('parallel').map(({ work }) => work)) / 10).toBeCloseTo(1, 1);
    expect(median(of('heavy').map(({ work }) => work)) / 200).toBeCloseTo(1, 0);
    expect(median(cells.map(({ thinkS }) => thinkS)) / 8).toBeCloseTo(1, 1);
    expect(Math.max(...cells.map(({ thinkS }) => thinkS))).toBeLessThanOrEqual(3600);
  });

  it('starts as many threads as there are CPUs, but one in a serial cell', () => {
    expect(cells.every(({ kind, threads }) => threads === (kind === 'serial' ? 1 : 16))).toBe(true);
  });

  it('runs earlier cells again, of the same source and shape', () => {
    const again = cellsOfUsers({ ...OPTIONS, workload: 'reruns' }).flat();
    expect(1 - new Set(again.map(({ source }) => source)).size / again.length).toBeCloseTo(0.6, 1);
    const first = again[0]!;
    const same = again.filter(({ source }) => source === first.source);
    expect(same.every(cell => cell.speedup === first.speedup && cell.thinkS > 0)).toBe(true);
  });

  it('has cells that wait as long as they compute', () => {
    const waiting = cellsOfUsers({ ...OPTIONS, workload: 'waiting' }).flat();
    const waiters = waiting.filter(({ turnWaitS }) => turnWaitS > 0);
    expect(waiters.length / waiting.length).toBeCloseTo(0.2, 1);
    for (const { turns, turnWaitS, aloneS } of waiters) {
      expect((turns * turnWaitS) / aloneS).toBeCloseTo(0.5, 9);
    }
  });

  it('is trace-like where it says so', () => {
    const of = (workload: WorkloadOptions['workload']) =>
      cellsOfUsers({ ...OPTIONS, workload }).flat();
    expect(share(of('runAll'), ({ thinkS }) => thinkS === 0)).toBeCloseTo(0.8, 1);
    expect(share(of('overnight'), ({ thinkS }) => thinkS > 3600)).toBeGreaterThan(0.004);
    expect(share(of('devices'), ({ gpus }) => gpus === 1)).toBeCloseTo(0.05, 2);
    expect(share(of('devices'), ({ memoryBytes }) => memoryBytes > 0)).toBeCloseTo(0.05, 2);
  });
});
