import type { Ask } from './ask';
import type { Grant } from './grant';
import type { HolderKind } from './holder';

/** How an execution ended; `died` with its holder. Those `cancelled` and `refused` never ran. */
export type ExecutionOutcome = 'ok' | 'error' | 'interrupted' | 'cancelled' | 'refused' | 'died';

/**
 * What one execution used, measured over its process tree.
 *
 * #### Notes
 * Null where the tier cannot measure it, or the execution ended before it was measured.
 */
export type Used = {
  /** CPU time, in s. */
  readonly cpuSeconds: number | null;
  /** The most CPUs that were busy at once, as sampled. */
  readonly cpusPeak: number | null;
  /** What its holder kept when it was granted; null also if it was granted by an earlier sidecar. */
  readonly memoryBeforeBytes: number | null;
  /** The most memory that its holder had meanwhile, with what it had kept before. */
  readonly memoryPeakBytes: number | null;
  /** What its holder kept when it ended. */
  readonly memoryKeptBytes: number | null;
  readonly threadsPeak: number | null;
  readonly processesPeak: number | null;
  /** The most GPU memory that its holder had on all GPUs together. */
  readonly gpuMemoryPeakBytes: number | null;
  /** The mean utilisation of its GPUs, 0 to 1. */
  readonly gpuUtilisation: number | null;
  /** Whether it ever used all CPUs that it could, which it was not known to want: then its peak shows no demand. */
  readonly wasLimited: boolean;
  /** CPU time over the time that its threads could have had, 0 to 1; null if that is not meaningful. */
  readonly efficiency: number | null;
};

/**
 * One execution of a cell (or a command), from its arrival to its end: what history, reports,
 * traces and predictions are made of.
 *
 * #### Notes
 * Times are ms since the epoch, and never before those that they follow. `sourceHash` is keyed: it is of no
 * use without the key of this sidecar's directory.
 */
export type Execution = {
  readonly claimId: string;
  readonly holderId: string;
  readonly holderKind: HolderKind;
  readonly holderName: string;
  /** The path of its notebook; null if there is none. */
  readonly notebook: string | null;
  readonly owner: string;
  /** The group that it shared in, from the root: `atlas/prod`; `all` if it was in none. */
  readonly group: string;
  readonly cellId: string | null;
  readonly label: string | null;
  readonly sourceHash: string | null;
  readonly arrivedMs: number;
  /** Null if it never ran. */
  readonly grantedMs: number | null;
  readonly endedMs: number;
  /** How long its holder had been idle when it arrived; null if that holder had run nothing before, or ran something else. */
  readonly thinkMs: number | null;
  readonly outcome: ExecutionOutcome;
  readonly ask: Ask;
  readonly grant: Grant | null;
  /** Null if it never ran. */
  readonly used: Used | null;
};
