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

/** What a group, or a user in it, may have at once, and has (CAP1). */
export type CapView = CapOwner & {
  readonly caps: readonly {
    readonly what: CappedName;
    /** In bytes for memory; of CPUs those that claims named. */
    readonly used: number;
    readonly most: number;
  }[];
};
