import type { Execution } from '../protocol/execution';
import type { Cell } from '../simulator/cell';

/** What replay needs of a recorded execution. */
export type Recorded = Pick<
  Execution,
  | 'holderId'
  | 'owner'
  | 'sourceHash'
  | 'cellId'
  | 'arrivedMs'
  | 'grantedMs'
  | 'endedMs'
  | 'ask'
  | 'used'
>;

/** A cell computes and waits by turns of about this length, in s. */
const TURN_S = 1;
const TURNS_MAX = 50;

/** Recorded executions as cells of kernels. */
export type Workload = {
  /** For each kernel its cells, in order. */
  readonly kernels: readonly (readonly Cell[])[];
  /** The owner of each kernel. */
  readonly owners: readonly string[];
  /** Those that are cells, oldest first. */
  readonly taken: readonly Recorded[];
  /** Executions that never ran, or ran inside another one of their kernel. */
  readonly leftOut: { readonly neverRan: number; readonly inside: number };
};

/**
 * Executions as the simulator takes them.
 *
 * #### Notes
 * A kernel is a closed loop: it thinks as long as it did, and runs its next cell. A cell's work is its CPU time, at
 * the parallelism that it reached; the rest of its time it waited for something other than CPUs. Whatever slowed it
 * down when it was recorded counts as such a wait, so that no policy can save it: savings are not overstated.
 */
export function workloadOf(executions: readonly Recorded[]): Workload {
  const ran = executions.filter(it => it.grantedMs !== null && it.used !== null);
  const startMs = ran.reduce((first, it) => Math.min(first, it.arrivedMs), Infinity);
  const byKernel = new Map<string, Recorded[]>();
  for (const it of [...ran].sort((a, b) => a.arrivedMs - b.arrivedMs || a.endedMs - b.endedMs)) {
    byKernel.set(it.holderId, [...(byKernel.get(it.holderId) ?? []), it]);
  }
  const lines = [...byKernel.values()].map(apartFrom);
  const kernels = lines.map((line, kernel) =>
    line.map((it, at) => cellOf(it, kernel, it.arrivedMs - (line[at - 1]?.endedMs ?? startMs)))
  );
  const taken = lines.flat().sort((a, b) => a.arrivedMs - b.arrivedMs);
  const leftOut = { neverRan: executions.length - ran.length, inside: ran.length - taken.length };
  return { kernels, owners: lines.map(([first]) => first!.owner), taken, leftOut };
}

/** Without those that arrived while another one ran: they are inside it, and what they used is in it, too. */
function apartFrom(line: readonly Recorded[]): readonly Recorded[] {
  const apart: Recorded[] = [];
  for (const it of line) {
    if (it.arrivedMs >= (apart.at(-1)?.endedMs ?? 0)) {
      apart.push(it);
    }
  }
  return apart;
}

function cellOf(it: Recorded, user: number, thinkMs: number): Cell {
  const ranS = Math.max(0, it.endedMs - it.grantedMs!) / 1000;
  const work = Math.max(1e-3, it.used!.cpuSeconds ?? 0);
  const parallelism = Math.max(1, it.used!.cpusPeak ?? 1, ranS > 0 ? work / ranS : 1);
  const computeS = work / parallelism;
  const waitS = Math.max(0, ranS - computeS);
  const turns = waitS > 0 ? Math.max(1, Math.min(TURNS_MAX, Math.round(ranS / TURN_S))) : 1;
  return {
    user,
    kind: parallelism > 1.5 ? 'parallel' : 'serial',
    thinkS: Math.max(0, thinkMs) / 1000,
    work,
    // Linear up to what it reached: no policy gives it more threads than that.
    speedup: { parallelism: Math.ceil(parallelism), variance: 0 },
    threads: Math.ceil(parallelism),
    turns,
    turnWaitS: waitS / turns,
    aloneS: work / Math.ceil(parallelism) + waitS,
    source: it.sourceHash ?? it.cellId ?? `${it.holderId} ${it.arrivedMs}`,
    gpus: it.ask.gpus,
    memoryBytes: memoryOf(it),
    // Replay refuses nobody for having waited too long, and keeps nothing for cells that may not come.
    ask: { ...it.ask, maxWaitMs: null, hold: false }
  };
}

/** What it had at most, within what it asked for. */
function memoryOf({ ask, used }: Recorded): number {
  return Math.min(used!.memoryPeakBytes ?? 0, ask.memoryBytes ?? Infinity);
}
