import type { Phrases } from './phrases';

/** A sentence to be filled; its literals are inside the translation call, or are not extracted. */
export type Template = (trans: Phrases) => string;

/** A refusal: its HTTP status, and what a person reads. */
export type Entry = { readonly status: number; readonly sentence: Template };

/** The part of the catalogue that answers claims, and launches of kernels. */
export const REFUSALS_OF_CLAIMS = {
  HINT_INVALID: {
    status: 422,
    sentence: trans => trans.__('The hint "{path}" is {got}; expected {expected}.')
  },
  HINT_TOO_LARGE: {
    status: 413,
    sentence: trans =>
      trans.__(
        'The hints of this cell are {bytes} bytes long; at most {limit} are read. Remove what is not a hint from the cell metadata key "cellgrant".'
      )
  },
  IMPOSSIBLE: {
    status: 422,
    sentence: trans =>
      trans.__(
        'This cell asks for {path} = {asked}, but this node can grant at most {total}. Lower "{path}" in the cell\'s hints, or run it on a larger node.'
      )
  },
  ABOVE_LIMIT: {
    status: 422,
    sentence: trans =>
      trans.__(
        'This cell asks for {path} = {asked}, but a cell of the group "{group}" may ask for at most {limit}. Lower "{path}" in the cell\'s hints, or ask whoever configures this node.'
      )
  },
  NOT_ALLOWED: {
    status: 422,
    sentence: trans =>
      trans.__(
        'This cell asks for {path} = {asked}, which no cell of the group "{group}" may. Remove "{path}" from the cell\'s hints, or ask whoever configures this node.'
      )
  },
  ABOVE_CAP: {
    status: 422,
    sentence: trans =>
      trans.__(
        'This cell asks for {path} = {asked}, but {whose} may have at most {most} at once. Lower "{path}" in the cell\'s hints, or ask whoever configures this node.'
      )
  },
  BOUND: {
    status: 409,
    sentence: trans =>
      trans.__(
        'This cell asks for {asked} GPUs of its kind, but its kernel has been bound to {bound} since its first GPU cell. Restart the kernel to use others.'
      )
  },
  INSIDE: {
    status: 409,
    sentence: trans =>
      trans.__(
        'This cell asks for {path} = {asked}, but it runs inside a cell of {outer}, which holds {held} and ends only after it; so what it lacks would never become free. It did not run. Lower "{path}" in its hints, let the outer cell ask for as much, or run this one by itself.'
      )
  },
  MAX_WAIT: {
    status: 408,
    sentence: trans =>
      trans.__(
        'This cell waited {waited} for {resource}, longer than its "maxWait" allows. It did not run. Raise "maxWait", or ask for less.'
      )
  },
  CANCELLED: {
    status: 409,
    sentence: trans =>
      trans.__(
        'This cell was cancelled by {by}{why} while it waited for {resource}. It did not run.'
      )
  },
  MEMORY_NEAR_LIMIT: {
    status: 507,
    sentence: trans =>
      trans.__(
        'This cell was interrupted: its kernel uses {used} of the {limit} granted. Cells are interrupted from {at} on, before the system kills their kernel.{kept} Raise "memory" in the cell\'s hints, or keep less in memory.'
      )
  },
  KILLED_AT_LIMIT: {
    status: 507,
    sentence: trans =>
      trans.__(
        'The kernel of this cell was killed by the operating system: it reached the {limit} of memory granted before it could be interrupted.{kept} Its variables are lost. Raise "memory" in the cell\'s hints, or keep less in memory.'
      )
  },
  KILLED_BY_NODE: {
    status: 507,
    sentence: trans =>
      trans.__(
        'The kernel of this cell was killed by the operating system: the node ran out of memory. Its variables are lost. Cells that name the "memory" they need in their hints wait until there is room.'
      )
  },
  EVICTED: {
    status: 409,
    sentence: trans => trans.__('The grant of this cell was taken back: {why}.')
  },
  NOT_ENFORCED: {
    status: 503,
    sentence: trans =>
      trans.__(
        'The grant could not be enforced: {what} failed with {errno}. The cell runs without it.'
      )
  },
  KERNELS_CAPPED: {
    status: 409,
    sentence: trans =>
      trans.__(
        'No kernel was started: {whose} may have no more than the {count} there are now. Shut one down first, or ask whoever configures this node.'
      )
  }
} as const satisfies Record<string, Entry>;
