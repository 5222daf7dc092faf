/**
 * What a claim was given.
 *
 * #### Notes
 * `cpus` is a pinned set in the kernel's list syntax (`0-3,8`), or `null` where
 * nothing is pinned and all CPUs of the node are usable. `threads` is the size
 * that thread pools are set to at the cell's start, or `null` to leave them as
 * the libraries made them. `memoryBytes` is the promised amount and the limit; `null`
 * for none. `gpus` are UUIDs (GPU6). `asked` means that the CPUs are those that the
 * author asked for, not what others left at the moment.
 */
export type Grant = {
  readonly cpus: string | null;
  readonly threads: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: readonly string[];
  readonly asked?: boolean | undefined;
};

/** The grant of a claim on a quiet node that asked for nothing. */
export const UNRESTRICTED: Grant = {
  cpus: null,
  threads: null,
  memoryBytes: null,
  gpus: []
};
