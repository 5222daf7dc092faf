import { REFUSALS_OF_CLAIMS, type Entry } from './claimRefusals';

/**
 * The catalogue of everything that Cellgrant refuses (API1).
 *
 * #### Notes
 * `status` is the HTTP status where the refusal answers a request. `sentence`
 * is what a person reads, in its language; `{name}` is filled from the refusal's
 * details. It says what was wrong, what was expected, and what to do.
 */
export const CATALOGUE = {
  ...REFUSALS_OF_CLAIMS,
  CLAIM_UNKNOWN: {
    status: 404,
    sentence: trans => trans.__('There is no claim "{id}". It may have ended already.')
  },
  CLAIM_DUPLICATE: {
    status: 409,
    sentence: trans =>
      trans.__('A claim with the id "{id}" exists already. Each execution needs an id of its own.')
  },
  CLAIM_RUNNING: {
    status: 409,
    sentence: trans =>
      trans.__(
        'The claim "{id}" is running; only a waiting claim can be cancelled or moved up. Interrupt its kernel or command instead.'
      )
  },
  CLAIM_WAITING: {
    status: 409,
    sentence: trans =>
      trans.__(
        'The claim "{id}" waits and has nothing that could be taken back. Cancel it instead.'
      )
  },
  HOLDER_UNKNOWN: {
    status: 404,
    sentence: trans =>
      trans.__('There is no kernel or command "{id}" on this node. It may have ended already.')
  },
  HOLDER_TAKEN: {
    status: 409,
    sentence: trans =>
      trans.__(
        'The id "{id}" belongs to the {kind} "{name}" for as long as process {pid} lives. A process that it started must say hello with an id of its own.'
      )
  },
  NOT_A_CHILD: {
    status: 403,
    sentence: trans =>
      trans.__(
        'Process {pid} cannot be registered as a {kind}: {why}. A child must name a holder whose process started or forked it, directly or indirectly.'
      )
  },
  NOTHING_TO_FREE: {
    status: 409,
    sentence: trans => trans.__('The holder "{name}" cannot be asked for GPU memory: {why}.')
  },
  NOTHING_HELD: {
    status: 409,
    sentence: trans => trans.__('The holder "{name}" has no grant to give back: {why}.')
  },
  NOT_KEPT: {
    status: 409,
    sentence: trans => trans.__('The kernel "{name}" cannot be kept: {why}.')
  },
  STILL_USED: {
    status: 409,
    sentence: trans => trans.__('The kernel "{id}" is not shut down: it is in use, or not due.')
  },
  SHUTTING_DOWN: {
    status: 409,
    sentence: trans =>
      trans.__(
        'This cell did not run: its kernel was idle, and is being shut down. Run it again in a new kernel.'
      )
  },
  FOREIGN_PROCESS: {
    status: 403,
    sentence: trans =>
      trans.__(
        'Process {pid} cannot be registered: {why}. A {kind} can only be registered by the user who runs it.'
      )
  },
  NOT_THIS_HOLDER: {
    status: 403,
    sentence: trans =>
      trans.__(
        'This message comes neither from the holder "{id}" nor from what started it: it lacks the token that these know. Restart it if it is yours.'
      )
  },
  USER_UNKNOWN: {
    status: 404,
    sentence: trans =>
      trans.__(
        'There is no user "{name}" on this machine. Name the account as the machine does, which may not be as JupyterHub does.'
      )
  },
  ADMINISTRATORS_ONLY: {
    status: 403,
    sentence: trans =>
      trans.__('That changes the whole node, so only an administrator of this node may do it.')
  },
  NOT_AUDITED: {
    status: 507,
    sentence: trans =>
      trans.__(
        'The audit log {file} cannot be used ({what}), so nothing was done: what administrators do is recorded first. Make room there, or remove what is in its place, and try again.'
      )
  },
  GROUP_UNKNOWN: {
    status: 404,
    sentence: trans =>
      trans.__('There is no group "{group}". The configuration has these: {groups}.')
  },
  NOT_YOURS: {
    status: 403,
    sentence: trans =>
      trans.__(
        'What is called "{id}" belongs to {owner}; only its owner, or an administrator of this node, may do that.'
      )
  },
  LINE_INVALID: {
    status: 400,
    sentence: trans => trans.__('The message could not be read: {what}.')
  },
  LINE_TOO_LONG: {
    status: 413,
    sentence: trans =>
      trans.__(
        'A message may have at most {limit} bytes; this one has more. The connection was closed.'
      )
  },
  OUT_OF_ORDER: {
    status: 409,
    sentence: trans => trans.__('The message "{type}" came before "hello". Say hello first.')
  },
  TOO_MANY: {
    status: 429,
    sentence: trans => trans.__('At most {limit} {what} are allowed at once.')
  },
  BODY_INVALID: {
    status: 400,
    sentence: trans => trans.__('The request body could not be read: {what}.')
  },
  QUERY_INVALID: {
    status: 400,
    sentence: trans => trans.__('The query of this request could not be read: {what}.')
  },
  BODY_TOO_LARGE: {
    status: 413,
    sentence: trans => trans.__('A request body may have at most {limit} bytes.')
  },
  ROUTE_UNKNOWN: {
    status: 404,
    sentence: trans =>
      trans.__('There is nothing at {method} {path}. The API is described in README.md.')
  },
  HISTORY_UNAVAILABLE: {
    status: 503,
    sentence: trans => trans.__('{why}')
  },
  SIDECAR_AWAY: {
    status: 503,
    sentence: trans => trans.__('{why}')
  },
  INTERNAL: {
    status: 500,
    sentence: trans =>
      trans.__('Cellgrant made a mistake: {what}. Notebooks run as before; please report this.')
  }
} as const satisfies Record<string, Entry>;

/** A code of the catalogue. */
export type RefusalCode = keyof typeof CATALOGUE;
