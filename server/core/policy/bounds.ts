import type { Quota } from '../../protocol/quota';

/** The most that one cell may ask for; null for what the node has (CFG4). */
export type Limits = {
  readonly memoryBytes: number | null;
  readonly gpus: number | null;
  /** CPUs with `exclusive`. */
  readonly exclusiveCpus: number | null;
  readonly priority: number | null;
  /** False if no cell may keep its grant; null or true if all may. */
  readonly hold: boolean | null;
};

/** No limits. */
export const UNLIMITED: Limits = {
  memoryBytes: null,
  gpus: null,
  exclusiveCpus: null,
  priority: null,
  hold: null
};

/** The most that a group or a user may have at once (CAP1); null for no cap. */
export type Caps = {
  readonly kernels: number | null;
  /** Running claims. */
  readonly cells: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: number | null;
  /** A fraction is of the node's CPUs. */
  readonly cpus: Quota | null;
};

/** No caps. */
export const UNCAPPED: Caps = {
  kernels: null,
  cells: null,
  memoryBytes: null,
  gpus: null,
  cpus: null
};

/** How many of the node's CPUs a cap allows; Infinity without a cap. */
export function cappedCpus({ cpus }: Caps, nodeCpus: number): number {
  return cpus === null ? Infinity : cpus.kind === 'static' ? cpus.cpus : cpus.of * nodeCpus;
}
