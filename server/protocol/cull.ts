/** An idle kernel whose owner was told that it ends, or who keeps it (CULL4). */
export type CullView = {
  /** When it was last in use, ms since the epoch. */
  readonly usedMs: number;
  /** When it will be shut down unless it is used or kept, ms since the epoch; null while it is kept. */
  readonly atMs: number | null;
  /** Until when its owner keeps it, ms since the epoch; null if that is not so. */
  readonly keptUntilMs: number | null;
  /** How long its owner may keep it at a time, in ms; 0 for not at all. */
  readonly keepMs: number;
};

/** A kernel that was shut down because it was idle (CULL7). */
export type CulledView = {
  readonly holderId: string;
  readonly holderName: string;
  readonly owner: string;
  /** The path of its notebook, as its server names it; null if it had none. */
  readonly notebook: string | null;
  /** When it was shut down, and when it was last in use, ms since the epoch. */
  readonly atMs: number;
  readonly usedMs: number;
  /** What it kept; null if that was not measured. */
  readonly memoryBytes: number | null;
  readonly gpuMemoryBytes: number | null;
};

/** What a Jupyter server has to do about idle kernels: `GET /api/v1/culling`. */
export type CullPlan = {
  /** How often it reports on its kernels, in ms; null if none is ever culled. */
  readonly everyMs: number | null;
  /** Kernels of this user that are to be shut down now, if their server finds them idle, too. */
  readonly due: readonly string[];
};
