import type { RefusalCode } from './catalogue';
import type { Template } from './claimRefusals';
import type { HolderKind } from './holder';

type Sentences = Partial<Record<RefusalCode, Template>>;

/** For a fork, which ends without its kernel. */
const OF_CELLS: Sentences = {
  MEMORY_NEAR_LIMIT: trans =>
    trans.__(
      'This cell was interrupted: its process uses {used} of the {limit} granted. Forked cells are interrupted from {at} on, before the system kills them.{kept} Raise "memory" in the cell\'s hints, or keep less in memory.'
    ),
  KILLED_AT_LIMIT: trans =>
    trans.__(
      'This cell was killed by the operating system: its process reached the {limit} of memory granted before it could be interrupted.{kept} Its kernel continues. Raise "memory" in the cell\'s hints, or keep less in memory.'
    ),
  KILLED_BY_NODE: trans =>
    trans.__(
      'This cell was killed by the operating system: the node ran out of memory. Cells that name the "memory" they need in their hints wait until there is room.'
    )
};

const OF_WORKERS: Sentences = {
  HINT_TOO_LARGE: trans =>
    trans.__(
      'The hints of this worker are {bytes} bytes long; at most {limit} are read. Remove what is not a hint.'
    ),
  IMPOSSIBLE: trans =>
    trans.__(
      'This worker asks for {path} = {asked}, but this node can grant at most {total}. Lower "{path}" in its hints, or run it on a larger node.'
    ),
  ABOVE_LIMIT: trans =>
    trans.__(
      'This worker asks for {path} = {asked}, but a cell or worker of the group "{group}" may ask for at most {limit}. Lower "{path}" in its hints, or ask whoever configures this node.'
    ),
  NOT_ALLOWED: trans =>
    trans.__(
      'This worker asks for {path} = {asked}, which no cell or worker of the group "{group}" may. Remove "{path}" from its hints, or ask whoever configures this node.'
    ),
  ABOVE_CAP: trans =>
    trans.__(
      'This worker asks for {path} = {asked}, but {whose} may have at most {most} at once. Lower "{path}" in its hints, or ask whoever configures this node.'
    ),
  BOUND: trans =>
    trans.__(
      'This worker asks for {asked} GPUs of its kind, but it is bound to {bound} since it first used one. Start another worker to use others.'
    ),
  INSIDE: trans =>
    trans.__(
      'This worker asks for {path} = {asked}, but it runs inside a cell of {outer}, which holds {held} and ends only after it; so what it lacks would never become free. It did not run. Lower "{path}" in its hints, or let the outer cell ask for as much.'
    ),
  MAX_WAIT: trans =>
    trans.__(
      'This worker waited {waited} for {resource}, longer than its "maxWait" allows. It did not run. Raise "maxWait", or ask for less.'
    ),
  CANCELLED: trans =>
    trans.__(
      'This worker was cancelled by {by}{why} while it waited for {resource}. It did not run.'
    ),
  MEMORY_NEAR_LIMIT: trans =>
    trans.__(
      'This worker was interrupted: it uses {used} of the {limit} granted. Workers are interrupted from {at} on, before the system kills them.{kept} Raise "memory" in its hints, or keep less in memory.'
    ),
  KILLED_AT_LIMIT: trans =>
    trans.__(
      'This worker was killed by the operating system: it reached the {limit} of memory granted before it could be interrupted.{kept} Raise "memory" in its hints, or keep less in memory.'
    ),
  KILLED_BY_NODE: trans =>
    trans.__(
      'This worker was killed by the operating system: the node ran out of memory. Workers that name the "memory" they need in their hints wait until there is room.'
    ),
  EVICTED: trans => trans.__('The grant of this worker was taken back: {why}.'),
  NOT_ENFORCED: trans =>
    trans.__(
      'The grant could not be enforced: {what} failed with {errno}. The worker runs without it.'
    )
};

/** A command has options where a cell has hints: `{option}` is the one that contains `path`. */
const OF_COMMANDS: Sentences = {
  HINT_INVALID: trans => trans.__('{option} is {got}; expected {expected}.'),
  HINT_TOO_LARGE: trans =>
    trans.__('The options of this command are {bytes} bytes long; at most {limit} are read.'),
  IMPOSSIBLE: trans =>
    trans.__(
      'This command asks for {option} = {asked}, but this node can grant at most {total}. Lower {option}, or run it on a larger node.'
    ),
  ABOVE_LIMIT: trans =>
    trans.__(
      'This command asks for {option} = {asked}, but a cell or command of the group "{group}" may ask for at most {limit}. Lower {option}, or ask whoever configures this node.'
    ),
  NOT_ALLOWED: trans =>
    trans.__(
      'This command asks for {option}, which no cell or command of the group "{group}" may. Omit {option}, or ask whoever configures this node.'
    ),
  ABOVE_CAP: trans =>
    trans.__(
      'This command asks for {option} = {asked}, but {whose} may have at most {most} at once. Lower {option}, or ask whoever configures this node.'
    ),
  BOUND: trans =>
    trans.__(
      'This command asks for {asked} GPUs of its kind, but it is bound to {bound} since it first used one. Restart it to use others.'
    ),
  INSIDE: trans =>
    trans.__(
      'This command asks for {option} = {asked}, but it runs inside a cell of {outer}, which holds {held} and ends only after it; so what it lacks would never become free. It did not run. Lower {option}, let the outer cell ask for as much, or run the command by itself.'
    ),
  MAX_WAIT: trans =>
    trans.__(
      'This command waited {waited} for {resource}, longer than --max-wait allows. It did not run. Raise --max-wait, or ask for less.'
    ),
  CANCELLED: trans =>
    trans.__(
      'This command was cancelled by {by}{why} while it waited for {resource}. It did not run.'
    ),
  MEMORY_NEAR_LIMIT: trans =>
    trans.__(
      'This command was interrupted: it uses {used} of the {limit} granted. Commands are terminated from {at} on, before the system kills them.{kept} Raise --memory, or keep less in memory.'
    ),
  KILLED_AT_LIMIT: trans =>
    trans.__(
      'This command was killed by the operating system: it reached the {limit} of memory granted before it could be interrupted.{kept} Raise --memory, or keep less in memory.'
    ),
  KILLED_BY_NODE: trans =>
    trans.__(
      'This command was killed by the operating system: the node ran out of memory. Commands that name the --memory they need wait until there is room.'
    ),
  EVICTED: trans => trans.__('The grant of this command was taken back: {why}.'),
  NOT_ENFORCED: trans =>
    trans.__(
      'The grant could not be enforced: {what} failed with {errno}. The command runs without it.'
    )
};

/** Sentences that differ for holders that are not kernels. */
export const OTHERWISE = {
  kernel: {},
  cell: OF_CELLS,
  worker: OF_WORKERS,
  command: OF_COMMANDS
} as const satisfies Record<HolderKind, Sentences>;
