import { join } from 'node:path';

import { Archive } from '../server/store/archive';
import type { Sample } from '../server/store/samples';
import { executionAt } from '../server/testing/executions';
import type { TestKernel } from '../server/testing/gate';
import type { TestSidecar } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';
import { writeFileSync } from 'node:fs';
import { barOf, barOfRounds, defineBars } from './bar';
import type { Result } from './bench';
import { memoryOf } from './crowd';
import { count, type Chosen } from './options';
import { quantile, rounded } from './statistics';

const DAY_MS = 86_400_000;
/** Executions are added to the file in batches of so many. */
const BATCH = 10_000;
const ASKED = 20;
const NO_BOUNDS = { days: 36_500, bytes: 1e12 };

export const BARS = defineBars({
  addedP50Ms: {
    name: 'what recording adds to a cell, from its claim to its end, P50',
    unit: 'ms',
    bound: 0.1,
    better: 'lower'
  },
  dayPlotMs: {
    name: 'a plot of a day beside a million executions, the longest',
    unit: 'ms',
    bound: 200,
    better: 'lower'
  }
});

export const OPTIONS = {
  executions: count('how many the file has', 1_000_000, 20_000),
  cells: count('how many cells run in each round', 1000, 100),
  rounds: count('rounds without and with history', 8, 2)
};

type Row = { readonly of: string; readonly p50Ms: number; readonly maxMs: number };

/** What history costs the cells that it records, and how soon it answers when there is much of it. */
export async function run(
  chosen: Chosen<typeof OPTIONS>
): Promise<Result & { residentMb: object }> {
  const added = await addedBy(chosen);
  const { rows, residentMb } = await answers(chosen.executions);
  const plot = rows.find(it => it.of === 'series?of=node')!;
  const bars = [
    barOfRounds(BARS.addedP50Ms, added),
    barOf(BARS.dayPlotMs, plot.maxMs, [plot.p50Ms, plot.maxMs])
  ];
  return { bars, rows, residentMb };
}

/** By how much the median of a round trip differs, in ms, round by round. */
async function addedBy({ cells, rounds }: Chosen<typeof OPTIONS>): Promise<readonly number[]> {
  const stage = new Stage();
  try {
    const off = join(stage.directory(), 'off.yaml');
    writeFileSync(off, 'history: false\n');
    const [without, recording] = [await stage.sidecar('--config', off), await stage.sidecar()];
    const kernels = [await stage.connected(without), await stage.connected(recording)] as const;
    await Promise.all(kernels.map((it, at) => timeCells(it, cells, `warm-${at}`)));
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

/** The median time from a claim to its grant, of cells one after another, in ms. */
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

async function answers(executions: number): Promise<{ rows: readonly Row[]; residentMb: object }> {
  const stage = new Stage();
  try {
    const dir = stage.directory();
    const nowMs = Date.now();
    fill(join(dir, 'history.db'), executions, nowMs);
    const config = join(stage.directory(), 'all.yaml');
    writeFileSync(config, 'history: { days: 36500, size: 1000 GB }\n');
    const sidecar = await stage.sidecarIn(dir, '--config', config);
    await sidecar.ask('GET', '/api/v1/history?last=1');
    const before = memoryOf(sidecar.pid, 'VmRSS');
    const rows: Row[] = [];
    for (const of of ['series?of=node', 'series?of=holder:kernel-1', '?last=1000']) {
      rows.push(
        await timeAnswers(sidecar, `/api/v1/history${of.startsWith('?') ? '' : '/'}${of}`, of)
      );
    }
    const plotted = memoryOf(sidecar.pid, 'VmRSS');
    rows.push(await timeAnswers(sidecar, '/api/v1/report?by=user', 'a day by user'));
    const all = `/api/v1/report?by=notebook&from=${nowMs - 3650 * DAY_MS}`;
    rows.push(await timeAnswers(sidecar, all, 'everything by notebook', 3));
    const reported = memoryOf(sidecar.pid, 'VmRSS');
    return { rows, residentMb: { before, plotted, reported } };
  } finally {
    await stage.clear();
  }
}

async function timeAnswers(
  sidecar: TestSidecar,
  path: string,
  of: string,
  times = ASKED
): Promise<Row> {
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const began = performance.now();
    const { status } = await sidecar.ask('GET', path);
    took.push(performance.now() - began);
    if (status !== 200) {
      throw new Error(`${path} was answered with ${status}`);
    }
  }
  return { of, p50Ms: rounded(quantile(took, 0.5), 1), maxMs: rounded(quantile(took, 1), 1) };
}

/** Executions of a year, evenly; and a day of figures of the node and a kernel. */
function fill(path: string, executions: number, nowMs: number): void {
  const archive = new Archive({ path, named: path });
  const everyMs = (365 * DAY_MS) / executions;
  for (let done = 0; done < executions; done += BATCH) {
    const count = Math.min(BATCH, executions - done);
    const batch = Array.from({ length: count }, (_, at) => {
      const number = done + at;
      const notebook = `work/${number % 500}.ipynb`;
      const ids = { claimId: `claim-${number}`, holderId: `kernel-${number % 2000}` };
      const owner = `user-${number % 20}`;
      return executionAt(Math.floor(nowMs - (executions - number) * everyMs), {
        ...ids,
        notebook,
        owner,
        cellId: `cell-${number % 10_000}`
      });
    });
    archive.record({ executions: batch, samples: [], limits: NO_BOUNDS, nowMs });
  }
  archive.record({ executions: [], samples: samplesOf(nowMs), limits: NO_BOUNDS, nowMs });
  archive.close();
}

function samplesOf(nowMs: number): readonly Sample[] {
  const firstMs = Math.floor((nowMs - DAY_MS) / 10_000) * 10_000;
  return Array.from({ length: 8640 }, (_, at) => firstMs + at * 10_000).flatMap(atMs => [
    { of: { kind: 'node' }, atMs, cpus: 1, memory: 1e9, running: 1, waiting: 0 },
    { of: { kind: 'holder', id: 'kernel-1' }, atMs, cpus: 1, memory: 1e9 }
  ]);
}
