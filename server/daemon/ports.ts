import type { GpuUse } from '../core/events';
import type { Grant } from '../protocol/grant';
import type { Refusal } from '../protocol/errors';

/** A live process, as far as identity goes. */
export type ProcessFacts = {
  readonly startTicks: number;
  readonly parentPid: number;
};

/** Knows the processes of this machine. */
export interface IProcesses {
  /** Facts of a live process; null where there is none. A zombie is none. */
  find(pid: number): ProcessFacts | null;

  /** The real user id of a process; null where there is none. */
  userOf(pid: number): number | null;
}

/** What the whole node uses now. */
export type NodeUse = {
  readonly cpusBusy: number;
  readonly memoryUsedBytes: number;
  readonly memoryPressure: number | null;
};

/** Reads the meters of the node. */
export interface INodeMeters {
  /** May watch the node for a while; null where nothing can be told. */
  node(): Promise<NodeUse | null>;
  /** The newest figures of the GPUs; empty where there are none. */
  gpus(): readonly GpuUse[];
}

/**
 * Hears what the arbiter answers.
 *
 * #### Notes
 * Called in the order of the decisions, each after what it promises is in
 * force. Nothing thrown here is caught: an implementation absorbs its own
 * failures.
 */
export interface IAnswers {
  /** A claim runs, or (`isChange`) the grant of a running claim changed. */
  granted(claimId: string, grant: Grant, affinity: string | null, isChange: boolean): void;
  waiting(claimId: string, sentence: string, position: number): void;
  refused(claimId: string, refusal: Refusal): void;
  interrupted(claimId: string, refusal: Refusal): void;
  /** Asks a holder to give idle GPU memory back (GPU5). */
  freeAsked(holderId: string, gpus: readonly string[]): void;
  /** The masks that a holder's gate sets itself are others now (affinity tier). */
  maskChanged(holderId: string, affinity: string | null): void;
}
