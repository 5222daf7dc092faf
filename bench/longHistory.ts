import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Archive } from '../server/store/archive';
import type { Sample } from '../server/store/samples';
import { executionAt } from '../server/testing/executions';
import type { TestSidecar } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';
import { memoryOf } from './crowd';
import { quantile, rounded } from './statistics';

const DAY_MS = 86_400_000;
/** Executions are added to the file in batches of so many. */
const BATCH = 10_000;
const ASKED = 20;
const NO_BOUNDS = { days: 36_500, bytes: 1e12 };

/** How long answers took to one question. */
type Answer = { readonly p50Ms: number; readonly maxMs: number };

/** What was asked, and the resident memory of the sidecar: before plots, after them, after everything else. */
export type Answers = {
  readonly answers: Readonly<Record<'plot' | 'holderPlot' | 'page' | 'day' | 'report', Answer>>;
  readonly residentMb: Readonly<Record<'before' | 'plotted' | 'reported', number>>;
};

/** Ask a sidecar with so many executions of a year: plots of a day, a page, a day by user, everything by notebook. */
export async function askAll(executions: number): Promise<Answers> {
  const stage = new Stage();
  try {
    const dir = stage.directory();
    const nowMs = Date.now();
    fill(join(dir, 'history.db'), executions, nowMs);
    const config = join(stage.directory(), 'all.yaml');
    writeFileSync(config, 'history: { days: 36500, size: 1000 GB }\n');
    const sidecar = await stage.sidecarIn(dir, '--config', config);
    await timeAnswers(sidecar, 'history?last=1', 1);
    const residentMb = () => memoryOf(sidecar.pid, 'VmRSS');
    const before = residentMb();
    const plot = await timeAnswers(sidecar, 'history/series?of=node');
    const holderPlot = await timeAnswers(sidecar, 'history/series?of=holder:kernel-1');
    const plotted = residentMb();
    const page = await timeAnswers(sidecar, 'history?last=1000');
    const day = await timeAnswers(sidecar, 'report?by=user');
    const report = await timeAnswers(sidecar, `report?by=notebook&from=${nowMs - 3650 * DAY_MS}`);
    const answers = { plot, holderPlot, page, day, report };
    return { answers, residentMb: { before, plotted, reported: residentMb() } };
  } finally {
    await stage.clear();
  }
}

async function timeAnswers(sidecar: TestSidecar, path: string, times = ASKED): Promise<Answer> {
  const took: number[] = [];
  for (let at = 0; at < times; at += 1) {
    const began = performance.now();
    const { status } = await sidecar.ask('GET', `/api/v1/${path}`);
    took.push(performance.now() - began);
    if (status !== 200) {
      throw new Error(`${path} was answered with ${status}`);
    }
  }
  return { p50Ms: rounded(quantile(took, 0.5), 1), maxMs: rounded(quantile(took, 1), 1) };
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
