import type { Hierarchy } from '../../host/cgroupfs';
import type { MemoryUse } from './memoryUse';
import type { Written } from './written';

/** What cgroup versions have each in their own way: files, units, and how a group is set up. */
export interface ICgroupVersion {
  /** Files of a directory by what they are for; what is named alike in both is in neither. */
  readonly names: { readonly weight: string; readonly threads: string; readonly swapLimit: string };

  /** The least weight in this version's unit: for who yields to all where there is no `cpu.idle`. */
  readonly weightMin: number;

  /** A weight of 1 to 10000 in this version's unit. */
  weightOf(weight: number): number;

  /** Make a new directory ready for processes. */
  prepare(directory: string): void;

  /** Where processes go whose origin is unknown or closed. */
  exit(hierarchy: Hierarchy): string;

  /** Let what is in the group's directories be confined; they are there, and nothing is in them. */
  enable(): void;

  /** Undo {@link enable}, as far as it was done. */
  disable(): void;

  /** What a directory has used, in s; null where it does not tell. */
  cpuSeconds(directory: string): number | null;

  /** Memory limits; `hasSwapLimit` says whether memory with swap can be limited. */
  limitMemory(written: Written, hasSwapLimit: boolean): IMemoryLimits;
}

/** Memory limits of directories. */
export interface IMemoryLimits {
  readonly use: MemoryUse;

  /** How often a process of the directory was killed for want of memory. */
  kills(directory: string): number;

  /** Whether the directory's limit ever stood in its way. */
  hasReachedLimit(directory: string): boolean;

  /** Write a limit, or as low a one as goes now (MEM2). */
  limit(holderId: string, directory: string, wantedBytes: number | null): void;

  /** Come closer to a limit that could not be written at once (MEM2). */
  lower(holderId: string, directory: string, wantedBytes: number | null): void;
}
