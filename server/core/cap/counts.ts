/** What is counted for caps, of one holder or of all holders of an account. */
export type Counts = {
  /** Kernels that live, and those that are being launched. */
  kernels: number;
  /** Running claims; those inside a running cell count within it. */
  cells: number;
  /** The larger of resident and promised, each tree once, as in the node's ledger (MEM1). */
  memoryBytes: number;
  /** GPUs leased by each holder; a part of one counts as one. */
  gpus: number;
  /** CPUs that claims named: fixed, the minimum of a range, or exclusive. */
  cpus: number;
};

/** Something that is counted. */
export type Counted = keyof Counts;
