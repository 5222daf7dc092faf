import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TestKernel } from '../server/testing/gate';
import { bundled, TestSidecar } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';
import { quantile } from './statistics';

/** How many cells run in each round, and in how many rounds. */
type Rounds = { readonly cells: number; readonly rounds: number };

/** Where the sidecar measures a cell: when it is granted, and when it ends. */
const MEASURING = [
  /setImmediate\(\(\) => this\.startAll\(\)\)/,
  /this\.post\(\[this\.useOf\(holderId\d*\)\]\)/
];

/** By how much the median of a round trip differs with measuring and recording, in ms, round by round. */
export async function addedBy({ cells, rounds }: Rounds): Promise<readonly number[]> {
  const stage = new Stage();
  try {
    const without = await plainSidecar(stage);
    const kernels = [
      await stage.connected(without),
      await stage.connected(await stage.sidecar())
    ] as const;
    await timeCells(kernels[0], cells, 'warm');
    await timeCells(kernels[1], cells, 'warm');
    const added: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const plain = await timeCells(kernels[0], cells, `plain-${round}`);
      added.push((await timeCells(kernels[1], cells, `recorded-${round}`)) - plain);
    }
    return added;
  } finally {
    await stage.clear();
  }
}

/** A sidecar that neither measures a cell by itself nor records it. */
async function plainSidecar(stage: Stage): Promise<TestSidecar> {
  const [dir, beside] = [stage.directory(), stage.directory()];
  const config = join(beside, 'off.yaml');
  writeFileSync(config, 'history: false\n');
  const program = join(beside, 'main.cjs');
  writeFileSync(program, withoutMeasuring(readFileSync(bundled(), 'utf8')));
  const args = ['--memory', '4 GiB', '--config', config];
  return stage.adopt(await TestSidecar.startIn({ dir, program }, ...args));
}

function withoutMeasuring(bundle: string): string {
  return MEASURING.reduce((text, call) => {
    if (text.split(call).length !== 2) {
      throw new Error(`the sidecar does not have ${call} once: what is measured has changed`);
    }
    return text.replace(call, 'void 0');
  }, bundle);
}

/** The median time from a claim until its end is told, of cells one after another, in ms. */
async function timeCells(kernel: TestKernel, cells: number, name: string): Promise<number> {
  const took: number[] = [];
  for (let at = 0; at < cells; at += 1) {
    const id = `${name}-${at}`;
    const began = performance.now();
    kernel.claim(id, { cpus: 1 });
    await kernel.gate.hear('granted', id);
    kernel.release(id);
    took.push(performance.now() - began);
  }
  return quantile(took, 0.5);
}
