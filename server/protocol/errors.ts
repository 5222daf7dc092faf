import type { HolderKind } from './holder';

/**
 * The catalogue of everything that Cellgrant refuses (API1).
 *
 * #### Notes
 * `status` is the HTTP status where the refusal answers a request. `sentence`
 * is what a person reads; `{name}` is filled from the refusal's details. It
 * says what was wrong, what was expected, and what to do.
 */
export const CATALOGUE = {
  HINT_INVALID: {
    status: 422,
    sentence: 'The hint "{path}" is {got}; expected {expected}.'
  },
  HINT_TOO_LARGE: {
    status: 413,
    sentence:
      'The hints of this cell are {bytes} bytes long; at most {limit} are read. Remove what is not a hint from the cell metadata key "cellgrant".'
  },
  IMPOSSIBLE: {
    status: 422,
    sentence:
      'This cell asks for {path} = {asked}, but this node can grant at most {total}. Lower "{path}" in the cell\'s hints, or run it on a larger node.'
  },
  ABOVE_LIMIT: {
    status: 422,
    sentence:
      'This cell asks for {path} = {asked}, but a cell of the group "{group}" may ask for at most {limit}. Lower "{path}" in the cell\'s hints, or ask whoever configures this node.'
  },
  BOUND: {
    status: 409,
    sentence:
      'This cell asks for {asked} GPUs of its kind, but its kernel is bound to {bound} since its first GPU cell. Restart the kernel to have others.'
  },
  INSIDE: {
    status: 409,
    sentence:
      'This cell asks for {path} = {asked}, but it runs inside a cell of {outer}, which holds {held} and ends only after it; so what it lacks would never come. It did not run. Lower "{path}" in its hints, let the outer cell ask for as much, or run this one by itself.'
  },
  MAX_WAIT: {
    status: 408,
    sentence:
      'This cell waited {waited} for {resource}, longer than its "maxWait" allows. It did not run. Raise "maxWait", or ask for less.'
  },
  CANCELLED: {
    status: 409,
    sentence: 'This cell was cancelled by {by} while it waited for {resource}. It did not run.'
  },
  MEMORY_NEAR_LIMIT: {
    status: 507,
    sentence:
      'This cell was interrupted: its kernel uses {used} of the {limit} granted. Cells are stopped from {at} on, before the system kills their kernel.{kept} Raise "memory" in the cell\'s hints, or keep less in memory.'
  },
  KILLED_AT_LIMIT: {
    status: 507,
    sentence:
      'The kernel of this cell was killed by the operating system: it reached the {limit} of memory granted, sooner than an interrupt came.{kept} Its variables are lost. Raise "memory" in the cell\'s hints, or keep less in memory.'
  },
  KILLED_BY_NODE: {
    status: 507,
    sentence:
      'The kernel of this cell was killed by the operating system: the node ran out of memory. Its variables are lost. Cells that name the "memory" they need in their hints wait until there is room.'
  },
  EVICTED: {
    status: 409,
    sentence: 'The grant of this cell was taken back: {why}.'
  },
  NOT_ENFORCED: {
    status: 503,
    sentence:
      'The grant could not be enforced: {what} failed with {errno}. The cell runs without it.'
  },
  CLAIM_UNKNOWN: {
    status: 404,
    sentence: 'There is no claim "{id}". It may have ended already.'
  },
  CLAIM_DUPLICATE: {
    status: 409,
    sentence: 'A claim with the id "{id}" exists already. Each execution needs an id of its own.'
  },
  CLAIM_RUNNING: {
    status: 409,
    sentence:
      'The claim "{id}" is running; only a waiting claim can be cancelled. Interrupt its kernel instead.'
  },
  HOLDER_UNKNOWN: {
    status: 404,
    sentence: 'There is no kernel or command "{id}" on this node. It may have ended already.'
  },
  HOLDER_TAKEN: {
    status: 409,
    sentence:
      'The id "{id}" is that of the {kind} "{name}", for which process {pid} speaks as long as it lives. Whatever it started says hello with an id of its own.'
  },
  NOT_A_CHILD: {
    status: 403,
    sentence:
      'Process {pid} cannot be registered as a {kind}: {why}. A child names the holder whose process it, or one before it, was started or forked by.'
  },
  NOTHING_TO_FREE: {
    status: 409,
    sentence: 'The holder "{name}" cannot be asked for GPU memory: {why}.'
  },
  NOTHING_HELD: {
    status: 409,
    sentence: 'The holder "{name}" has no grant to give back: {why}.'
  },
  FOREIGN_PROCESS: {
    status: 403,
    sentence:
      'Process {pid} cannot be registered: {why}. A {kind} can only be registered by the user who runs it.'
  },
  NOT_THIS_HOLDER: {
    status: 403,
    sentence:
      'This message does not come from the kernel "{id}", nor from who started it: it lacks the token that these know. Restart the kernel if it is yours.'
  },
  NOT_YOURS: {
    status: 403,
    sentence: 'The claim "{id}" belongs to {owner}; only its owner can cancel it.'
  },
  LINE_INVALID: {
    status: 400,
    sentence: 'The message could not be read: {what}.'
  },
  LINE_TOO_LONG: {
    status: 413,
    sentence:
      'A message may have at most {limit} bytes; this one has more. The connection was closed.'
  },
  OUT_OF_ORDER: {
    status: 409,
    sentence: 'The message "{type}" came before "hello". Say hello first.'
  },
  TOO_MANY: {
    status: 429,
    sentence: 'At most {limit} {what} are allowed at once.'
  },
  BODY_INVALID: {
    status: 400,
    sentence: 'The request body could not be read: {what}.'
  },
  BODY_TOO_LARGE: {
    status: 413,
    sentence: 'A request body may have at most {limit} bytes.'
  },
  ROUTE_UNKNOWN: {
    status: 404,
    sentence: 'There is nothing at {method} {path}. The API is described in README.md.'
  },
  SIDECAR_AWAY: {
    status: 503,
    sentence: '{why}'
  },
  INTERNAL: {
    status: 500,
    sentence: 'Cellgrant made a mistake: {what}. Notebooks go on as before; please report this.'
  }
} as const;

/** A code of the catalogue. */
export type RefusalCode = keyof typeof CATALOGUE;

/**
 * What is said otherwise of a command, which has options where a cell has hints: `{option}` is
 * the one that `path` is a part of.
 */
export const OF_COMMANDS: Partial<Record<RefusalCode, string>> = {
  HINT_INVALID: '{option} is {got}; expected {expected}.',
  HINT_TOO_LARGE: 'The options of this command are {bytes} bytes long; at most {limit} are read.',
  IMPOSSIBLE:
    'This command asks for {option} = {asked}, but this node can grant at most {total}. Lower {option}, or run it on a larger node.',
  ABOVE_LIMIT:
    'This command asks for {option} = {asked}, but a cell or command of the group "{group}" may ask for at most {limit}. Lower {option}, or ask whoever configures this node.',
  INSIDE:
    'This command asks for {option} = {asked}, but it runs inside a cell of {outer}, which holds {held} and ends only after it; so what it lacks would never come. It did not run. Lower {option}, let the cell ask for as much, or run the command by itself.',
  MAX_WAIT:
    'This command waited {waited} for {resource}, longer than --max-wait allows. It did not run. Raise --max-wait, or ask for less.',
  CANCELLED: 'This command was cancelled by {by} while it waited for {resource}. It did not run.',
  MEMORY_NEAR_LIMIT:
    'This command was interrupted: it uses {used} of the {limit} granted. Commands are stopped from {at} on, before the system kills them.{kept} Raise --memory, or keep less in memory.',
  KILLED_AT_LIMIT:
    'This command was killed by the operating system: it reached the {limit} of memory granted, sooner than an interrupt came.{kept} Raise --memory, or keep less in memory.',
  KILLED_BY_NODE:
    'This command was killed by the operating system: the node ran out of memory. Commands that name the --memory they need wait until there is room.',
  EVICTED: 'The grant of this command was taken back: {why}.'
};

/** One refusal: which entry, and the words that fill it. */
export type Refusal = {
  readonly code: RefusalCode;
  readonly details: Readonly<Record<string, string | number>>;
};

/** Make a refusal. */
export function refusal(
  code: RefusalCode,
  details: Readonly<Record<string, string | number>> = {}
): Refusal {
  return { code, details };
}

/** The sentence of a refusal, its details filled in; to a holder of another kind as it has it. */
export function sentenceOf({ code, details }: Refusal, to: HolderKind = 'kernel'): string {
  const sentence = (to === 'command' && OF_COMMANDS[code]) || CATALOGUE[code].sentence;
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === 'option' ? optionOf(String(details['path'])) : details[name];
    return String(value ?? `(${name} unknown)`);
  });
}

/** What the command line calls a hint: `--gpu-memory` for `gpuMemory`. */
function optionOf(path: string): string {
  const hint = /^\w*/.exec(path)![0];
  return `--${hint.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
}
