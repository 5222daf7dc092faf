import type { SeriesOf, SeriesView } from '../protocol/history';
import type { SeriesQuery } from '../protocol/historyQuery';
import { numberIn } from './record';
import type { Row, Sqlite, Statement } from './sqlite';
import type { Words } from './words';

/** What was measured of one thing in one step of {@link STEP_MS}: means, and the most. Absent where it is not measured. */
export type Sample = {
  readonly of: SeriesOf;
  /** When the step began, ms since the epoch: a multiple of it. */
  readonly atMs: number;
  readonly cpus?: number | null;
  readonly cpusMax?: number | null;
  readonly memory?: number | null;
  readonly memoryMax?: number | null;
  readonly running?: number | null;
  readonly waiting?: number | null;
  readonly gpuUse?: number | null;
  readonly gpuMemory?: number | null;
};

/** How long the step of a sample is, in ms. */
export const STEP_MS = 10_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** In which resolutions samples are kept, and for how long, in ms; the last one as long as executions. */
export const RESOLUTIONS = [
  { stepMs: STEP_MS, keptMs: 6 * HOUR_MS },
  { stepMs: 60_000, keptMs: 7 * DAY_MS },
  { stepMs: HOUR_MS, keptMs: Infinity }
] as const;

const MEANS = ['cpus', 'memory', 'running', 'waiting', 'gpu_use', 'gpu_memory'];
const MOSTS = ['cpus_max', 'memory_max'];
const COLUMNS = [...MEANS, ...MOSTS];

/** The columns of a plot, by what it is of. */
const SHOWN: Readonly<Record<SeriesOf['kind'], readonly (readonly [string, string])[]>> = {
  node: [...(['running', 'waiting'] as const).map(it => [it, it] as const), ...treeColumns()],
  holder: [...treeColumns(), ['gpuMemoryBytes', 'gpu_memory']],
  gpu: [
    ['gpuUtilisation', 'gpu_use'],
    ['gpuMemoryBytes', 'gpu_memory']
  ]
};

function treeColumns(): readonly (readonly [string, string])[] {
  return [
    ['cpusBusy', 'cpus'],
    ['cpusBusyMax', 'cpus_max'],
    ['memoryBytes', 'memory'],
    ['memoryBytesMax', 'memory_max']
  ];
}

/**
 * Figures over time.
 *
 * #### Notes
 * Each sample is added to every resolution at once, so none is ever behind; a plot reads the
 * coarsest one that is fine enough, a few thousand rows whatever the range.
 */
export class Samples {
  private readonly adding: Statement;

  constructor(
    private readonly db: Sqlite,
    private readonly words: Words
  ) {
    this.adding = db.prepare(UPSERT);
  }

  add(samples: readonly Sample[]): void {
    for (const it of samples) {
      const series = this.words.add(nameOf(it.of));
      const values = {
        cpus: it.cpus ?? null,
        memory: it.memory ?? null,
        running: it.running ?? null,
        waiting: it.waiting ?? null,
        gpu_use: it.gpuUse ?? null,
        gpu_memory: it.gpuMemory ?? null,
        cpus_max: it.cpusMax ?? it.cpus ?? null,
        memory_max: it.memoryMax ?? it.memory ?? null
      };
      for (const { stepMs } of RESOLUTIONS) {
        this.adding.run({ step_ms: stepMs, series, at_ms: floorTo(it.atMs, stepMs), ...values });
      }
    }
  }

  /** A plot; `nowMs` tells which resolutions still have its beginning. */
  series({ of, fromMs, toMs, points }: SeriesQuery, nowMs: number): SeriesView {
    const wantedMs = (toMs - fromMs) / points;
    const kept = RESOLUTIONS.filter(it => fromMs >= nowMs - it.keptMs);
    const fine = kept.filter(it => it.stepMs <= wantedMs);
    const { stepMs: rowMs } = fine.at(-1) ?? kept[0]!;
    const stepMs = Math.max(1, Math.ceil(wantedMs / rowMs)) * rowMs;
    const series = this.words.find(nameOf(of));
    const rows = this.db.prepare(PLOT).all(stepMs, stepMs, rowMs, series, fromMs, toMs);
    return { of, stepMs, ...plotOf(rows, SHOWN[of.kind]) };
  }
}

function plotOf(
  rows: readonly Row[],
  shown: readonly (readonly [string, string])[]
): Pick<SeriesView, 'atMs' | 'values'> {
  return {
    atMs: rows.map(row => Number(row['at'])),
    values: Object.fromEntries(
      shown.map(([name, column]) => [name, rows.map(row => numberIn(row, column))])
    )
  };
}

function nameOf(of: SeriesOf): string {
  return of.kind === 'node' ? 'node' : `${of.kind}:${of.kind === 'gpu' ? of.uuid : of.id}`;
}

function floorTo(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}

const mean = (it: string) =>
  `${it} = coalesce((${it} * n + excluded.${it}) / (n + 1), ${it}, excluded.${it})`;
const most = (it: string) => `${it} = max(coalesce(${it}, excluded.${it}), excluded.${it})`;

const UPSERT = `INSERT INTO sample (step_ms, series, at_ms, n, ${COLUMNS.join(', ')})
  VALUES (:step_ms, :series, :at_ms, 1, ${COLUMNS.map(it => `:${it}`).join(', ')})
  ON CONFLICT DO UPDATE SET n = n + 1, ${[...MEANS.map(mean), ...MOSTS.map(most)].join(', ')}`;

const PLOT = `SELECT at_ms / CAST(? AS INTEGER) * CAST(? AS INTEGER) AS at,
  ${[...MEANS.map(it => `avg(${it}) AS ${it}`), ...MOSTS.map(it => `max(${it}) AS ${it}`)].join(', ')}
  FROM sample WHERE step_ms = ? AND series = ? AND at_ms >= ? AND at_ms < ? GROUP BY 1 ORDER BY 1`;
