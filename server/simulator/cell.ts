import type { Ask } from '../protocol/ask';
import type { Speedup } from './downey';

/** What a cell is, by the size and the shape of its work. */
export type CellKind = 'serial' | 'parallel' | 'heavy';

/** One execution of one cell, as the world knows it; a policy may not look at its work. */
export type Cell = {
  readonly user: number;
  readonly kind: CellKind;
  /** From the end of the user's last cell to the arrival of this one. */
  readonly thinkS: number;
  /** CPU-seconds of work on one CPU. */
  readonly work: number;
  readonly speedup: Speedup;
  /** Threads that its libraries start if nobody tells them otherwise. */
  readonly threads: number;
  /** It computes and waits (disk, network) by turns, this often. */
  readonly turns: number;
  /** How long it waits in each turn. */
  readonly turnWaitS: number;
  /** Duration on the node with nobody else, with `threads` threads. */
  readonly aloneS: number;
  /** Names its source text: equal for the re-runs of a cell. */
  readonly source: string;
  /** GPUs that it needs for itself while it runs. */
  readonly gpus: number;
  /** What its process holds while it runs. */
  readonly memoryBytes: number;
  /** What its author asked for; its GPUs and its memory if absent. */
  readonly ask?: Ask;
};
