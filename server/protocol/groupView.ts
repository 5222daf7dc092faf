import type { CapOwner } from './facts';

/** A group with kernels, or with such groups in it (FAIR1). */
export type GroupView = {
  /** From the root: `atlas/prod`. */
  readonly path: string;
  /** CPUs that it is entitled to, and the same fraction of everything else: by its quota, or by weight. */
  readonly owedCpus: number;
  readonly hasQuota: boolean;
  /** What its kernels use of the node's resource that they use most, expressed in CPUs. */
  readonly usedCpus: number;
  /** Whether it may use what others leave (FAIR2). */
  readonly takesSurplus: boolean;
};

/** What may be capped. */
export type CappedName = 'kernels' | 'cells' | 'memory' | 'gpus' | 'cpus';

/** Who ordered a cap, and why. */
export type CapOrderView = {
  /** The user who is capped, to whom alone the reason is shown; null for a group, whose reason all see. */
  readonly owner: string | null;
  /** The administrator's name. */
  readonly by: string;
  readonly why: string | null;
  /** ms since the epoch. */
  readonly sinceMs: number;
};

/** What a group, or a user in it, may have at once, and has (CAP1). */
export type CapView = CapOwner & {
  /** The order of an administrator that set some of it (ADMIN7); null for none. */
  readonly order: CapOrderView | null;
  readonly caps: readonly {
    readonly what: CappedName;
    /** In bytes for memory; of CPUs those that claims named. */
    readonly used: number;
    readonly most: number;
  }[];
};
