/** When idle kernels are shut down (CULL1). */
export type CullRules = {
  /** A kernel that nobody has used for this long is idle, in ms; Infinity for never. */
  readonly idleMs: number;
  /** From the moment an idle kernel's owner is told to its end, in ms. */
  readonly noticeMs: number;
  /** The part of one CPU, or of a GPU, from which on a kernel is at work; above 0 and up to 1. */
  readonly busyRatio: number;
  /** How long its owner may keep an idle kernel at a time, in ms; 0 for not at all. */
  readonly keepMs: number;
};

/** What applies where the configuration states nothing: no kernel is ever shut down. */
export const NO_CULLING: CullRules = {
  idleMs: Infinity,
  noticeMs: 10 * 60_000,
  busyRatio: 0.02,
  keepMs: 8 * 3_600_000
};
