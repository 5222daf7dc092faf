import type { Confinement } from '../core/effects';
import type { CpuSet } from '../protocol/cpuset';
import type { CpuPinning } from '../protocol/grant';
import type { TierView } from '../protocol/view';

/** The process tree that a confinement is put on. */
export type HolderProcess = {
  readonly holderId: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat; a pid that was reused is not touched. */
  readonly startTicks: number;
};

/** What a tier can tell of a holder; null where this tier cannot. */
export type TreeUse = {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly threads: number;
};

/** A write that the host refused. */
export class EnforcementError extends Error {
  constructor(
    /** The file or command, without the part of the path that is the same for all. */
    readonly what: string,
    /** `EBUSY`, `ENOSPC`, ... */
    readonly errno: string
  ) {
    super(`${what}: ${errno}`);
  }
}

/** Do it; the failure of the host if it refused, null if not. Mistakes are thrown on. */
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

/** Whether a confinement holds to anything at all. */
export function holds({ cpus, weight, memoryBytes }: Confinement): boolean {
  return cpus !== null || memoryBytes !== null || weight !== 100;
}

/**
 * Places threads where the host's scheduler does not spread them (CPU10).
 *
 * #### Notes
 * Works beside the enforcer and within what that allows. Nothing is thrown:
 * failures go to the listener that it was made with.
 */
export interface ISpreader {
  /** Place the busy threads of a holder on these CPUs one by one; call it again and again. */
  spread(target: HolderProcess, cpus: CpuSet): void;

  /** Let the threads of a holder run on all of these CPUs again. */
  gather(holderId: string, cpus: CpuSet): void;

  /** Holders whose threads were placed. */
  holders(): readonly string[];

  /** Resolves when what earlier calls began is done or has failed. */
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

  /** Make the holder's place and move its whole process tree into it (ENF1). */
  adopt(target: HolderProcess): void;

  /** Write what differs from the last confinement of this holder. */
  confine(holderId: string, confinement: Confinement): void;

  /**
   * Write again what somebody else widened of the holder's confinement since it was written, and
   * say so (ENF10). Reads a few files, of holders alone that are held to something.
   */
  tighten(holderId: string): void;

  /** How a holder that is confined so is held to its CPUs: by its own gate, or from outside. */
  pinningFor(confinement: Confinement): CpuPinning;

  /** Figures of the tree, or null where it is gone or cannot be told. */
  measure(holderId: string): TreeUse | null;

  /** The holder that a process belongs to; null for strangers and where it cannot be told. */
  holderOf(pid: number): string | null;

  /**
   * Memory of the tree that counts against its limit, or null where it is gone
   * or cannot be told. Cheap, for it may be asked every few milliseconds:
   * figures below `exactFromBytes` may be too high, by what could be dropped.
   */
  memoryOf(holderId: string, exactFromBytes: number): number | null;

  /**
   * How many processes of the holder were killed for want of memory since it was
   * adopted (MEM3). Ask before the release, which forgets it; always 0 in tiers
   * that limit no memory.
   */
  kills(holderId: string): number;

  /**
   * Whether the holder's own limit ever stood in its way: if not, it was killed
   * because the node, or what the sidecar itself runs in, had no memory left.
   */
  hasReachedLimit(holderId: string): boolean;

  /** Undo everything for one holder: no mask, limit or directory is left (ENF2). */
  release(holderId: string): void;

  /**
   * Resolves when what earlier calls began is done or has failed: masks set from
   * outside, directories that were still busy. Failures go to the listener that
   * the enforcer was made with.
   */
  settled(): Promise<void>;

  /** Undo everything, and leave nothing behind; called once, at a graceful stop. */
  close(): Promise<void>;
}
