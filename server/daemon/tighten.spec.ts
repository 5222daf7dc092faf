import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { placeName } from '../enforce/cgroup/group';
import { parseCpuList } from '../protocol/cpuset';
import { widest } from '../testing/contractRig';
import { maskOf, type TestKernel } from '../testing/gate';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

/** Resolves when this is true; the test's own time limit is the bound. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** The cgroups of a process, as the kernel tells them. */
function cgroupsOf({ pid }: { readonly pid: number }): string {
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
}

describe('what is written for a kernel that runs a cell', () => {
  let stage: Stage;
  let sidecar: TestSidecar;

  beforeEach(async () => {
    stage = new Stage();
    sidecar = await stage.sidecar();
  });

  afterEach(() => stage.clear());

  /** By which the kernel is held, with what a program of root could write, in an order that is taken. */
  const WIDER = widest(parseCpuList(maskOf(process.pid))).filter(
    ([name]) => !/^cpu\.|swap\.max/.test(name)
  );

  const filesOf = (kernel: TestKernel, name: string) =>
    sidecar
      .places()
      .map(it => `${it}/${placeName(kernel.id)}/${name}`)
      .filter(it => existsSync(it));

  it('[ENF10] is written again where somebody widens it, and that is told', async () => {
    const kernel = await stage.connected(sidecar);
    kernel.claim('cell', { cpus: 1, memory: '1 GiB' });
    await kernel.gate.hear('granted', 'cell');
    const files = WIDER.flatMap(([name, wider]) =>
      filesOf(kernel, name).map(file => ({ name, file, wider, before: readFileSync(file, 'utf8') }))
    );
    files.forEach(({ file, wider }) => writeFileSync(file, wider));
    for (const { name, file, before } of files) {
      await until(() => readFileSync(file, 'utf8') === before);
      const { body } = await sidecar.ask('GET', '/api/v1/claims/cell');
      expect(JSON.stringify(body)).toContain(`its ${name} was `);
    }
    expect(files.length > 0).toBe(sidecar.tier.startsWith('cgroup'));
  });

  it('[ENF5] [ENF10] leads a kernel back that moves itself out of its cgroup', async () => {
    const kernel = await stage.connected(sidecar);
    kernel.claim('cell', { cpus: 1 });
    await kernel.gate.hear('granted', 'cell');
    const placed = cgroupsOf(kernel);
    sidecar.places().forEach(it => writeFileSync(`${it}/../cgroup.procs`, `${kernel.pid}`));
    await until(() => cgroupsOf(kernel) === placed);
  });

  it('[ENF10] is not read where a kernel idles or is held to nothing', async () => {
    const [idle, unheld] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    idle.claim('over', { cpus: 1 });
    await idle.gate.hear('granted', 'over');
    idle.release('over');
    unheld.claim('cell');
    await unheld.gate.hear('granted', 'cell');
    for (const kernel of [idle, unheld]) {
      for (const file of filesOf(kernel, 'cpu.shares')) {
        writeFileSync(file, '2000');
      }
    }
    const held = await stage.connected(sidecar);
    held.claim('held', { cpus: 1 });
    await held.gate.hear('granted', 'held');
    // By the time that this one is led back, all have been looked at.
    const [mark] = filesOf(held, 'cpuset.cpus');
    if (mark) {
      const before = readFileSync(mark, 'utf8');
      writeFileSync(mark, readFileSync(join(mark, '../../cpuset.cpus'), 'utf8'));
      await until(() => readFileSync(mark, 'utf8') === before);
    }
    for (const kernel of [idle, unheld]) {
      for (const file of filesOf(kernel, 'cpu.shares')) {
        expect(readFileSync(file, 'utf8').trim()).toBe('2000');
      }
    }
  });
});
