import { parseCpuList } from '../protocol/cpuset';
import type { Ask } from '../protocol/ask';
import type { Execution, ExecutionOutcome, Used } from '../protocol/execution';
import { listOrNull, type Grant } from '../protocol/grant';
import { HOLDER_KINDS, type HolderKind } from '../protocol/holder';
import type { Cell, Row } from './sqlite';
import type { Words } from './words';

/** How many executions may end in one ms; 53 bits last until the year 2248. */
export const ROWS_PER_MS = 1024;

const OUTCOMES: readonly ExecutionOutcome[] = [
  ...(['ok', 'error', 'interrupted', 'cancelled', 'refused', 'died'] as const)
];

/** The first row of executions that end at a time, ms since the epoch. */
export function rowAt(ms: number): number {
  const last = Math.floor(Number.MAX_SAFE_INTEGER / ROWS_PER_MS) - 1;
  return Math.min(Math.max(Math.floor(ms), 0), last) * ROWS_PER_MS;
}

/** Each column of an execution, but for its row. */
export function columnsOf(it: Execution, words: Words): Record<string, Cell> {
  return {
    claim: it.claimId,
    holder: words.add(it.holderId),
    kind: HOLDER_KINDS.indexOf(it.holderKind),
    name: words.add(it.holderName),
    notebook: words.add(it.notebook),
    owner: words.add(it.owner),
    team: words.add(it.group),
    cell: words.add(it.cellId),
    label: words.add(it.label),
    source: it.sourceHash,
    arrived_ms: Math.round(it.arrivedMs),
    granted_ms: rounded(it.grantedMs),
    ended_ms: Math.round(it.endedMs),
    think_ms: rounded(it.thinkMs),
    outcome: OUTCOMES.indexOf(it.outcome),
    ask: words.add(JSON.stringify(it.ask)),
    ...grantColumns(it.grant, words),
    ...usedColumns(it.used)
  };
}

function grantColumns(grant: Grant | null, words: Words): Record<string, Cell> {
  const { cpus = null, threads = null, memoryBytes = null, gpus, asked } = grant ?? {};
  return {
    cpus: words.add(listOrNull(cpus)),
    cpu_count: cpus && cpus.length,
    threads,
    memory: rounded(memoryBytes),
    gpus: gpus ? words.add(JSON.stringify(gpus)) : null,
    gpu_count: gpus ? gpus.length : null,
    asked: asked === undefined ? null : Number(asked)
  };
}

function usedColumns(used: Used | null): Record<string, Cell> {
  return {
    measured: Number(used !== null),
    cpu_seconds: used?.cpuSeconds ?? null,
    cpus_peak: used?.cpusPeak ?? null,
    memory_peak: rounded(used?.memoryPeakBytes),
    memory_kept: rounded(used?.memoryKeptBytes),
    threads_peak: rounded(used?.threadsPeak),
    processes_peak: rounded(used?.processesPeak),
    gpu_memory_peak: rounded(used?.gpuMemoryPeakBytes),
    gpu_utilisation: used?.gpuUtilisation ?? null
  };
}

/** The execution of a row. */
export function executionIn(row: Row, words: Words): Execution {
  const text = (column: string) => words.text(row[column]);
  return {
    claimId: String(row['claim']),
    holderId: text('holder') ?? '',
    holderKind: HOLDER_KINDS[Number(row['kind'])] as HolderKind,
    holderName: text('name') ?? '',
    notebook: text('notebook'),
    owner: text('owner') ?? '',
    group: text('team') ?? '',
    cellId: text('cell'),
    label: text('label'),
    sourceHash: row['source'] as string | null,
    arrivedMs: Number(row['arrived_ms']),
    grantedMs: numberIn(row, 'granted_ms'),
    endedMs: Number(row['ended_ms']),
    thinkMs: numberIn(row, 'think_ms'),
    outcome: OUTCOMES[Number(row['outcome'])] as ExecutionOutcome,
    ask: JSON.parse(text('ask') ?? '{}') as Ask,
    grant: grantIn(row, words),
    used: row['measured'] ? usedIn(row) : null
  };
}

function grantIn(row: Row, words: Words): Grant | null {
  const gpus = words.text(row['gpus']);
  const cpus = words.text(row['cpus']);
  const asked = numberIn(row, 'asked');
  return gpus === null
    ? null
    : {
        cpus: cpus === null ? null : parseCpuList(cpus),
        threads: numberIn(row, 'threads'),
        memoryBytes: numberIn(row, 'memory'),
        gpus: JSON.parse(gpus) as readonly string[],
        ...(asked !== null && { asked: asked === 1 })
      };
}

function usedIn(row: Row): Used {
  return {
    cpuSeconds: numberIn(row, 'cpu_seconds'),
    cpusPeak: numberIn(row, 'cpus_peak'),
    memoryPeakBytes: numberIn(row, 'memory_peak'),
    memoryKeptBytes: numberIn(row, 'memory_kept'),
    threadsPeak: numberIn(row, 'threads_peak'),
    processesPeak: numberIn(row, 'processes_peak'),
    gpuMemoryPeakBytes: numberIn(row, 'gpu_memory_peak'),
    gpuUtilisation: numberIn(row, 'gpu_utilisation')
  };
}

/** A number in a column; null for none. */
export function numberIn(row: Row, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' ? value : null;
}

function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Math.round(value);
}
