import { fitOf } from '../core/claim/fit';
import { createState, step } from '../core/step';
import type { Ask } from '../protocol/ask';
import type { Cell } from '../simulator/cell';
import { simulate, type Finished, type IPolicy } from '../simulator/engine';
import { simulatedNode, type Shape } from '../simulator/node';
import { Arbiter } from '../simulator/policies/arbiter';
import { DeviceQueues } from '../simulator/policies/deviceQueues';
import { PerThread } from '../simulator/policies/perThread';
import { workloadOf, type Recorded, type Workload } from './cells';

/** Who might have shared the node. */
export const CONTENDERS = ['system', 'partitioned', 'dynamic', 'measured'] as const;

/** What one of them would have done with the same cells. */
export type Replayed = {
  /**
   * `system` is the operating system, and GPUs and memory by hand; `measured` is `dynamic` where each cell asks for
   * the memory that it used, and not for what its author wrote.
   */
  readonly contender: (typeof CONTENDERS)[number];
  /** Cells that it would not have let run, or not to their end; what follows is of the others. */
  readonly refused: number;
  /** From arrival to start, all cells together, in ms. */
  readonly waitedMs: number;
  /** What cells took longer than alone, with their waits, in ms. */
  readonly lostMs: number;
  /** Average normalised turnaround time: 1 is alone; 0 if there were none. */
  readonly antt: number;
};

/** What replay found. */
export type ReplayView = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly executions: number;
  /** Executions that cannot be replayed, by why. */
  readonly leftOut: {
    readonly neverRan: number;
    readonly inside: number;
    /** They ask for more than this node has. */
    readonly impossible: number;
  };
  /** What really happened to those that were replayed, in ms. */
  readonly recorded: { readonly waitedMs: number; readonly ranMs: number };
  readonly replayed: readonly Replayed[];
};

/** Measured memory is asked for with this in reserve. */
const SPARE_PART = 1.1;

/**
 * What each policy would have done with recorded executions, by the arbiter's own core in the simulator.
 *
 * #### Notes
 * Pure: the same executions give the same answer. Takes about as long as there were changes, times the cells that
 * were there at once.
 */
export function replay(executions: readonly Recorded[], shape: Shape): ReplayView {
  const isPossible = possibleOn(shape);
  const possible = executions.filter(it => isPossible(it.ask));
  const workload = workloadOf(possible);
  const { taken } = workload;
  return {
    fromMs: taken[0]?.arrivedMs ?? 0,
    toMs: taken.reduce((last, it) => Math.max(last, it.endedMs), 0),
    executions: taken.length,
    leftOut: { ...workload.leftOut, impossible: executions.length - possible.length },
    recorded: {
      waitedMs: sumOf(taken, it => Math.max(0, it.grantedMs! - it.arrivedMs)),
      ranMs: sumOf(taken, it => Math.max(0, it.endedMs - it.grantedMs!))
    },
    replayed: taken.length ? CONTENDERS.map(it => replayedBy(it, workload, shape)) : []
  };
}

function possibleOn(shape: Shape): (ask: Ask) => boolean {
  const state = createState();
  step(state, { type: 'nodeFound', node: simulatedNode(shape), atMs: 0 });
  const process = { kind: 'kernel', pid: 1, startTicks: 1, gated: true } as const;
  const holder = { ...process, id: 'any', name: 'any', owner: 'any', group: [] };
  step(state, { type: 'holderArrived', holder, atMs: 0 });
  return ask => fitOf(state, state.holders.get('any')!, ask).kind !== 'never';
}

function replayedBy(contender: Replayed['contender'], workload: Workload, shape: Shape): Replayed {
  const kernels = workload.kernels.map(cells => cells.map(SEEN_BY[contender]));
  const { finished: all } = simulate(kernels, policyOf(contender, workload, shape));
  const finished = all.filter(it => !it.isRefused);
  return {
    contender,
    refused: all.length - finished.length,
    waitedMs: 1000 * sumOf(finished, it => it.startedS - it.arrivedS),
    lostMs: 1000 * sumOf(finished, it => Math.max(0, turnaround(it) - it.cell.aloneS)),
    antt: sumOf(finished, it => turnaround(it) / it.cell.aloneS) / Math.max(1, finished.length)
  };
}

/** Threads that are too many cost nothing here: how much they do depends on libraries that nobody recorded. */
const CROWDING = 0;

function policyOf(contender: Replayed['contender'], workload: Workload, shape: Shape): IPolicy {
  const { cpus, memoryBytes, memoryReserveBytes, gpus } = shape;
  if (contender === 'system') {
    const devices = { gpus: gpus.length, memoryBytes: memoryBytes - memoryReserveBytes };
    return new DeviceQueues(devices, new PerThread(cpus, CROWDING));
  }
  return new Arbiter({
    node: simulatedNode(shape),
    beta: CROWDING,
    knowledge: 'learned',
    policy: contender === 'partitioned' ? 'partitioned' : 'dynamic',
    users: workload.kernels.length,
    mayRefuse: true,
    ownerOf: kernel => workload.owners[kernel]!
  });
}

/** What each of them has to do with a cell. */
const SEEN_BY: Readonly<Record<Replayed['contender'], (cell: Cell) => Cell>> = {
  system: byHand,
  partitioned: cell => cell,
  dynamic: cell => cell,
  measured: asMeasured
};

/** By hand, people wait for the one GPU that is theirs, and for memory where they know that they need it. */
function byHand(cell: Cell): Cell {
  const { gpus, memoryBytes, ask } = cell;
  return { ...cell, gpus: Math.min(1, gpus), memoryBytes: ask!.memoryBytes ? memoryBytes : 0 };
}

/** Only less than its author wrote: who wrote nothing waits for nothing. */
function asMeasured(cell: Cell): Cell {
  const { ask, memoryBytes } = cell;
  const asked = ask!.memoryBytes;
  const measured = asked && Math.min(asked, Math.ceil(memoryBytes * SPARE_PART));
  return { ...cell, ask: { ...ask!, memoryBytes: measured } };
}

function turnaround({ arrivedS, endedS }: Finished): number {
  return endedS - arrivedS;
}

function sumOf<T>(items: readonly T[], amountOf: (item: T) => number): number {
  return items.reduce((sum, it) => sum + amountOf(it), 0);
}
