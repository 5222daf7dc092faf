import type { Confinement } from '../core/effects';
import type { TreeUse } from '../host/processUse';
import type { CpuSet } from '../protocol/cpuset';
import type { CpuPinning } from '../protocol/grant';
import type { TierView } from '../protocol/view';

/** The process tree that is confined. */
export type HolderProcess = {
  readonly holderId: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; a reused pid is not touched. */
  readonly startTicks: number;
};

/** A write that the host refused. */
export class EnforcementError extends Error {
  constructor(
    /** The file or command, without the common part of the path. */
    readonly what: string,
    /** `EBUSY`, `ENOSPC`, ... */
    readonly errno: string
  ) {
    super(`${what}: ${errno}`);
  }
}

/** Run an operation; returns the host's failure if it refused, else null. Bugs are rethrown. */
export function failureOf(act: () => void): EnforcementError | null {
  try {
    act();
    return null;
  } catch (failure) {
    if (failure instanceof EnforcementError) {
      return failure;
    }
    throw failure;
  }
}

/** Whether a confinement restricts anything at all. */
export function holds({ cpus, weight, memoryBytes }: Confinement): boolean {
  return cpus !== null || memoryBytes !== null || weight !== 100;
}

/**
 * Places threads if the host's scheduler does not spread them (CPU10).
 *
 * #### Notes
 * Works beside the enforcer and within the CPUs it allows. Nothing is thrown:
 * failures go to the listener passed at construction.
 */
export interface ISpreader {
  /** Place the busy threads of a holder one by one on these CPUs; call it periodically. */
  spread(target: HolderProcess, cpus: CpuSet): void;

  /** Let the threads of a holder run on all of these CPUs again. */
  gather(holderId: string, cpus: CpuSet): void;

  /** Holders whose threads were placed. */
  holders(): readonly string[];

  /** Resolves when what earlier calls started has finished or failed. */
  settled(): Promise<void>;
}

/**
 * Carries out confinements; one implementation per tier.
 *
 * #### Notes
 * All methods are synchronous unless they return a promise, idempotent, and
 * throw only {@link EnforcementError}. A failed call leaves the other holders
 * untouched. `enforcerContract.ts` states the rules as tests.
 */
export interface IEnforcer {
  readonly tier: TierView;

  /** Holders whose places were left by an earlier sidecar. */
  found(): readonly string[];

  /** Create the holder's place and move its whole process tree into it (ENF1). */
  adopt(target: HolderProcess): void;

  /** Write what differs from the last confinement of this holder. */
  confine(holderId: string, confinement: Confinement): void;

  /**
   * Restore what another process has widened in the holder's confinement since it was written, and
   * report it (ENF10). Reads a few files, only of holders that are restricted.
   */
  tighten(holderId: string): void;

  /** How a holder with this confinement is pinned to its CPUs: by its own gate, or from outside. */
  pinningFor(confinement: Confinement): CpuPinning;

  /** Bring a holder back that let itself loose (ENF5). */
  recall(holderId: string): void;

  /** Figures of the tree, or null if it has ended or they are unknown. */
  measure(holderId: string): TreeUse | null;

  /** CPU time that the tree has used so far, in s; null if it has ended or that is unknown. */
  cpuSeconds(holderId: string): number | null;

  /** Let the peak of memory in the next figures count from now on. Takes no time: most of it is done later. */
  lowerPeak(holderId: string): void;

  /** The holder that a process belongs to; null for other processes and if unknown. */
  holderOf(pid: number): string | null;

  /**
   * Memory of the tree that counts against its limit, or null if it has ended
   * or this is unknown. Cheap, since it may be called every few milliseconds:
   * figures below `exactFromBytes` may be too high, by what could be dropped.
   */
  memoryOf(holderId: string, exactFromBytes: number): number | null;

  /**
   * How many processes of the holder were killed for lack of memory since it was
   * adopted (MEM3). Call it before the release, which resets it; always 0 in tiers
   * that do not limit memory.
   */
  kills(holderId: string): number;

  /**
   * Whether the holder ever reached its own limit: if not, it was killed
   * because the node, or the sidecar's own cgroup, had no memory left.
   */
  hasReachedLimit(holderId: string): boolean;

  /** Undo everything for one holder: no mask, limit or directory is left (ENF2). */
  release(holderId: string): void;

  /**
   * Resolves when what earlier calls started has finished or failed: masks set from
   * outside, directories that were still busy. Failures go to the listener passed
   * at construction.
   */
  settled(): Promise<void>;

  /** Undo everything, and leave nothing behind; called once, on a graceful stop. */
  close(): Promise<void>;
}
