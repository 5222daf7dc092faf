import type { Hierarchy } from '../../host/cgroupfs';
import type { MemoryUse } from './memoryUse';
import type { Written } from './written';

/** What differs between cgroup versions: files, units, and the setup of a group. */
export interface ICgroupVersion {
  /** Files of a directory by purpose; only those whose names differ between the versions. */
  readonly names: { readonly weight: string; readonly threads: string; readonly swapLimit: string };

  /** The lowest weight in this version's unit: for idle holders where there is no `cpu.idle`. */
  readonly weightMin: number;

  /** A weight of 1 to 10000 in this version's unit. */
  weightOf(weight: number): number;

  /** Make a new directory ready for processes. */
  prepare(directory: string): void;

  /** Where processes move whose origin is unknown or closed. */
  exit(hierarchy: Hierarchy): string;

  /** Allow the group's directories to be confined; they exist, and are empty. */
  enable(): void;

  /** Undo {@link enable}, as far as it was done. */
  disable(): void;

  /** The CPU time that a directory has used, in s; null if not reported. */
  cpuSeconds(directory: string): number | null;

  /** Memory limits; `hasSwapLimit` says whether memory with swap can be limited. */
  limitMemory(written: Written, hasSwapLimit: boolean): IMemoryLimits;
}

/** Memory limits of directories. */
export interface IMemoryLimits {
  readonly use: MemoryUse;

  /** How many processes of the directory were killed for lack of memory. */
  kills(directory: string): number;

  /** Whether the directory ever reached its own limit. */
  hasReachedLimit(directory: string): boolean;

  /** Write a limit, or the lowest one possible now (MEM2). */
  limit(holderId: string, directory: string, wantedBytes: number | null): void;

  /** Move closer to a limit that could not be written at once (MEM2). */
  lower(holderId: string, directory: string, wantedBytes: number | null): void;
}
