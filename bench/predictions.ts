import { setTimeout as sleep } from 'node:timers/promises';

import type { LastRun, Prediction, Usual } from '../server/protocol/prediction';
import type { Fit, HolderView, NodeView } from '../server/protocol/view';
import { Stage } from '../server/testing/stage';
import type { TestSidecar } from '../server/testing/sidecar';
import { Kernels } from './kernels';
import { rounded } from './statistics';

/** How often each cell runs before it is predicted. */
const LESSONS = 3;

/** A cell of the notebook. */
type Cell = { readonly id: string; readonly code: string };

function cell(id: string, code: string): Cell {
  return { id, code };
}

/** Works on one CPU for so many seconds. */
const busy = (seconds: number) =>
  `end = time.monotonic() + ${seconds}\nwhile time.monotonic() < end: sum(range(1000))`;

/** Multiplies matrices, with as many threads as its library takes, for so many seconds. */
const products = (size: number, seconds: number) =>
  [
    `a = numpy.ones((${size}, ${size}))`,
    `end = time.monotonic() + ${seconds}`,
    'while time.monotonic() < end: b = a @ a'
  ].join('\n');

/**
 * The notebook: what is loaded, data that stay, copies that go, work on one CPU and on all, and
 * waiting, from 50 MB to 1 GB and from a moment to seconds.
 */
const NOTEBOOK: readonly Cell[] = [
  cell('imports', 'import time, random, numpy'),
  cell('keeps 50 MB', 'small = numpy.ones(50 * 125_000)\ntime.sleep(0.3)'),
  cell('keeps 400 MB', 'data = numpy.ones(400 * 125_000)\ntime.sleep(0.5)'),
  cell('a copy of 400 MB', 'copy = data * 2\ntotal = copy.sum()\ndel copy\ntime.sleep(0.2)'),
  cell('one CPU', busy(2)),
  cell('all CPUs', products(800, 2)),
  cell('sleeps', 'time.sleep(1.5)'),
  cell('1 GB for a moment', 'large = numpy.ones(1000 * 125_000)\ntime.sleep(0.6)\ndel large'),
  cell('a list of objects', 'words = [str(n) for n in range(1_500_000)]'),
  cell('sorts', 'values = numpy.random.random(8_000_000)\nvalues.sort()'),
  cell('varies', 'some = numpy.ones(random.randint(60, 120) * 125_000)\ntime.sleep(0.4)'),
  cell('one CPU with memory', `rows = numpy.ones(200 * 125_000)\n${busy(1)}\ndel rows`)
];

/** What one cell was predicted to use, and used. */
export type Row = {
  readonly notebook: number;
  readonly cell: string;
  readonly predictedMB: number | null;
  readonly peakMB: number | null;
  readonly predictedCpus: number;
  readonly cpusPeak: number;
};

/** Run a notebook so often, each in new kernels: its cells are learned from three runs, and the fourth is compared. */
export async function predict(notebooks: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let notebook = 1; notebook <= notebooks; notebook += 1) {
    rows.push(...(await runNotebook(notebook)));
  }
  return rows;
}

/** In a kernel and a sidecar of its own, which know of nothing before. */
async function runNotebook(notebook: number): Promise<Row[]> {
  const stage = new Stage();
  const sidecar = await stage.sidecarIn(stage.directory());
  const kernels = await Kernels.start(1, sidecar);
  try {
    const look = await Look.at(sidecar);
    for (let lesson = 1; lesson <= LESSONS; lesson += 1) {
      for (const { id, code } of NOTEBOOK) {
        await kernels.run(code, 'None', id);
      }
    }
    const rows: Row[] = [];
    for (const it of NOTEBOOK) {
      const { predicted, last: before } = await look.usual(it.id);
      await kernels.run(it.code, 'None', it.id);
      const last = await look.next(it.id, before);
      rows.push(rowOf(notebook, it, look.cpus, predicted, last));
    }
    return rows;
  } finally {
    await kernels.stop();
    await stage.clear();
  }
}

/** Where the CPUs that a cell wants are not known, those of the whole node are assumed. */
function rowOf(
  notebook: number,
  { id }: Cell,
  cpus: number,
  predicted: Prediction | null,
  last: LastRun
): Row {
  return {
    notebook,
    cell: id,
    predictedMB: megabytes(predicted?.memoryBytes?.amount ?? null),
    peakMB: megabytes(last.memoryPeakBytes),
    predictedCpus: rounded(predicted?.cpus?.amount ?? cpus, 2),
    cpusPeak: rounded(last.cpusPeak ?? 0, 2)
  };
}

function megabytes(bytes: number | null): number | null {
  return bytes === null ? null : rounded(bytes / 1e6, 1);
}

/** How long the record of an execution is waited for, in looks. */
const LOOKS_MAX = 200;
const LOOK_MS = 50;

/** Asks a sidecar about the cells of the one kernel that it has. */
class Look {
  private constructor(
    private readonly _sidecar: TestSidecar,
    private readonly _holderId: string,
    readonly cpus: number
  ) {}

  static async at(sidecar: TestSidecar): Promise<Look> {
    const { body: node } = await sidecar.ask('GET', '/api/v1/node');
    const { body: holders } = await sidecar.ask('GET', '/api/v1/holders');
    const [kernel] = holders as readonly HolderView[];
    return new Look(sidecar, kernel!.id, (node as NodeView).cpus);
  }

  /** What is known of a cell. */
  async usual(cellId: string): Promise<Usual> {
    const path = `/api/v1/holders/${this._holderId}/fits`;
    const { body } = await this._sidecar.ask('POST', path, JSON.stringify([{ cellId }]));
    const [fit] = body as readonly Fit[];
    return fit?.usual ?? { last: null, predicted: null, takes: null };
  }

  /** The next run of a cell, once it is recorded. */
  async next(cellId: string, before: LastRun | null): Promise<LastRun> {
    for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
      const { last } = await this.usual(cellId);
      if (last && last.endedMs !== before?.endedMs) {
        return last;
      }
      await sleep(LOOK_MS);
    }
    throw new Error(`the run of "${cellId}" was not recorded`);
  }
}
