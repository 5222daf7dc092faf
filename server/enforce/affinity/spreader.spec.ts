import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskFiles } from '../../host/files';
import { OwnDirectory } from '../../host/ownDirectory';
import { readCapacity } from '../../host/topology';
import { isSameSet, isWithin, type CpuSet } from '../../protocol/cpuset';
import { BusyProcess } from '../../testing/busyProcess';
import { until } from '../../testing/contractRig';
import { setMaskByTaskset, setThreadMaskByTaskset } from './taskset';
import { MaskFile } from './maskStore';
import { planSpread, Spreader } from './spreader';

describe('a plan for busy threads', () => {
  const on = (...cpus: (number | null)[]) => cpus.map((cpu, tid) => ({ tid, cpu }));

  it.each([
    ['two on one CPU part', on(0, 0), [0, 1], [[1, 1]]],
    [
      'free ones get a CPU each',
      on(null, null, null),
      [0, 1],
      [
        [0, 0],
        [1, 1],
        [2, 0]
      ]
    ],
    ['well placed ones stay, whoever placed them', on(1, 0), [0, 1], []],
    ['those outside of the set come in', on(7, 0), [0, 1], [[0, 1]]],
    ['one alone stays', on(null), [0, 1], []],
    ['one CPU leaves no choice', on(null, null), [3], []]
  ])('[CPU10] %s', (_, busy, cpus, moves) => {
    expect(planSpread(busy, cpus).map(({ tid, cpu }) => [tid, cpu])).toEqual(moves);
  });
});

describe('real threads', () => {
  const files = new DiskFiles();
  const cpus = readCapacity(files).cpus.map(it => it.id);
  const rule = cpus.length > 1 ? it : it.skip;
  let dir: string;
  let busy: BusyProcess;

  const spreaderOf = () =>
    new Spreader({
      files,
      cpus,
      setThreadMask: setThreadMaskByTaskset,
      store: new MaskFile(
        OwnDirectory.open(dir, () => undefined),
        'spread.json'
      ),
      onFailure: (_, failure) => {
        throw failure;
      }
    });

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cellgrant-'));
    busy = await BusyProcess.start('k1', cpus.length);
  });

  afterEach(async () => {
    await busy.kill();
    rmSync(dir, { recursive: true });
  });

  const isOneCpu = (mask: CpuSet) => mask.length === 1 && isWithin(mask, cpus);

  /** Look again and again, as the sidecar does, until each thread that computes has a CPU. */
  const spreadWith = (spreader: Spreader) =>
    until('each has a CPU', () => {
      spreader.spread(busy.place, cpus);
      return new Set(busy.masks().flat()).size === cpus.length && busy.masks().every(isOneCpu);
    });

  rule('[CPU10] that are packed get a CPU each, and may leave it again afterwards', async () => {
    await setMaskByTaskset(busy.place.pid, [cpus[0]!]);
    const spreader = spreaderOf();
    await spreadWith(spreader);
    spreader.gather('k1', cpus);
    await spreader.settled();
    // One that could stay where it was need not have been placed: then its mask is not ours to undo.
    const others = busy.masks().filter(it => !isSameSet(it, cpus) && !isSameSet(it, [cpus[0]!]));
    expect(others).toEqual([]);
    expect(busy.masks()).toContainEqual(cpus);
    expect(existsSync(join(dir, 'spread.json'))).toBe(false);
  });

  rule('[CPU10] that are idle are left alone', async () => {
    const spreader = spreaderOf();
    await spreadWith(spreader);
    await spreader.settled();
    expect(busy.otherMasks()).toContainEqual(cpus);
  });

  rule('[ENF2] that a sidecar left placed when it crashed are gathered by the next', async () => {
    const crashed = spreaderOf();
    await spreadWith(crashed);
    await crashed.settled();
    const next = spreaderOf();
    await next.settled();
    expect(busy.masks().every(it => isSameSet(it, cpus))).toBe(true);
    expect(next.holders()).toEqual([]);
    expect(existsSync(join(dir, 'spread.json'))).toBe(false);
  });
});
