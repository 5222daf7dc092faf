/**
 * What a holder is.
 *
 * #### Notes
 * A `kernel` and a `command` are independent: they outlive what started them. A `cell`, which is a
 * fork of a kernel, and a `worker` end with their parent.
 */
export const HOLDER_KINDS = ['kernel', 'cell', 'worker', 'command'] as const;

/** What a holder is. */
export type HolderKind = (typeof HOLDER_KINDS)[number];
