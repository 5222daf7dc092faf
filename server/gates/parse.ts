import * as z from 'zod';

import { namedCpus } from '../protocol/cpuset';
import { isWithinDepth } from '../lib/depth';
import { readable } from '../lib/readable';
import { renamed } from '../lib/renamed';
import { refusal, type Refusal } from '../protocol/errors';
import { HINT_DEPTH_MAX, ID_CHARS_MAX } from '../protocol/gate';
import { HOLDER_KINDS } from '../protocol/holder';

/** The longest name or label that is shown; longer ones are truncated. */
const SHOWN_CHARS_MAX = 256;

/** The longest path of a notebook, as for a file. */
const PATH_CHARS_MAX = 4096;

/** How many claims one holder may have and wait for at once (GATE4: subshells). */
export const HOLDER_CLAIMS_MAX = 64;

/** Also the name of a directory, hence neither `.` nor `..`. */
const holderId = z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,128}$/, {
  error: 'expected 1 to 128 letters, digits, ".", "_" or "-"'
});
const claimId = z.string().min(1).max(ID_CHARS_MAX);
const whole = z.number().int().nonnegative();

/** Never acted on: anything but text counts as absent. */
const textOrNull = (read: (text: string) => string) =>
  z
    .unknown()
    .optional()
    .transform(value => (typeof value === 'string' ? read(value) : null));
const compared = (charsMax: number) => textOrNull(text => text.slice(0, charsMax));
const name = (text: string) => readable(text, SHOWN_CHARS_MAX);

const cpuList = z
  .string()
  .transform(namedCpus)
  .pipe(z.array(whole).min(1, 'expected a CPU list such as "0-3,8"').readonly());

const sources = z
  .object({
    metadata: z
      .unknown()
      .optional()
      .refine(it => isWithinDepth(it, HINT_DEPTH_MAX), `expected at most ${HINT_DEPTH_MAX} levels`),
    tags: z.array(z.string()).exactOptional(),
    directive: z.string().exactOptional()
  })
  .default({});

const claim = {
  id: claimId,
  cellId: compared(ID_CHARS_MAX),
  label: textOrNull(name),
  sourceHash: compared(ID_CHARS_MAX),
  outerId: compared(ID_CHARS_MAX),
  sources
};

const token = z.string().min(1).max(ID_CHARS_MAX).nullable().default(null);

const process = {
  holderId,
  kind: z.enum(HOLDER_KINDS).default('kernel'),
  parentHolderId: holderId.nullable().default(null),
  token,
  pid: whole.min(1),
  startTicks: whole,
  speaker: z
    .object({ pid: whole.min(1), startTicks: whole })
    .nullable()
    .default(null),
  name: z.string().transform(name),
  notebook: compared(PATH_CHARS_MAX)
};

const grant = z.object({
  cpus: cpuList.nullable(),
  threads: whole.min(1).nullable(),
  memoryBytes: whole.nullable(),
  gpus: z.array(z.string().max(ID_CHARS_MAX)).max(1024),
  affinity: cpuList.nullable(),
  // Gates older than this field do not send it.
  cpuset: cpuList.nullable().default(null),
  asked: z.boolean().optional(),
  env: z.record(z.string(), z.string())
});

const holding = z.object({
  ...claim,
  granted: grant.nullable(),
  agoMs: z.number().nonnegative(),
  waitedMs: z.number().nonnegative().default(0)
});

export const MESSAGE = z.discriminatedUnion('type', [
  z.object({ type: z.literal('claim'), started: z.boolean().default(false), ...claim }),
  z.object({
    type: z.literal('release'),
    id: claimId,
    outcome: z.enum(['ok', 'error', 'interrupted']),
    cpuSeconds: z.number().nonnegative().nullish()
  }),
  z.object({ type: z.literal('cancel'), id: claimId }),
  z.object({
    type: z.literal('hello'),
    protocol: z.number(),
    holdings: z.array(holding).max(HOLDER_CLAIMS_MAX),
    saidMs: z.number().nullable().default(null),
    ...process
  }),
  z.object({ type: z.literal('prepare'), holderId, token, notebook: process.notebook }),
  z.object({ type: z.literal('register'), protocol: z.number().optional(), ...process }),
  z.object({ type: z.literal('ended'), holderId, token })
]);

/** A validated message: the wire's, with `null` for absent fields. */
export type Message = z.infer<typeof MESSAGE>;

/** A message of one type. */
export type MessageOf<T extends Message['type']> = Extract<Message, { type: T }>;

/** A claim that a reconnecting gate reports. */
export type Holding = z.infer<typeof holding>;

/** A message, or why it is invalid, with the id of the claim it would have been. */
export type Parsed =
  { readonly message: Message } | { readonly refusal: Refusal; readonly claimId: string | null };

const INVALID_CLAIM = z.object({ type: z.literal('claim'), id: claimId });

/** The beginning of a line for the log: without a kernel's token (SEC6). */
export function shownLine(line: string): string {
  return line.replace(/("token"\s*:\s*)"[^"]*"?/g, '$1"..."').slice(0, SHOWN_CHARS_MAX);
}

/** Fields that protocol 1 names differently. */
const NAMES_OF_PROTOCOL_1 = [
  ['kernelId', 'holderId'],
  ['parentId', 'outerId']
] as const;

/** Convert a message of protocol 1 to 2: a running gate or launcher may outlive an upgrade. */
function ofProtocol1(value: unknown): unknown {
  const message = renamed(value, NAMES_OF_PROTOCOL_1) as { readonly holdings?: unknown } | null;
  return Array.isArray(message?.holdings)
    ? { ...message, holdings: message.holdings.map(it => renamed(it, NAMES_OF_PROTOCOL_1)) }
    : message;
}

/** Read one line; never throws. */
export function parseLine(line: string): Parsed {
  let value: unknown;
  try {
    value = ofProtocol1(JSON.parse(line));
  } catch {
    return { refusal: refusal('LINE_INVALID', { what: 'it is not JSON' }), claimId: null };
  }
  const parsed = MESSAGE.safeParse(value);
  return parsed.success ? { message: parsed.data } : whyNot(value, parsed.error);
}

/** A claim can be answered by its id; any other message only by `problem`. */
function whyNot(value: unknown, error: z.ZodError): Parsed {
  const { path, message } = error.issues[0]!;
  const at = path.join('.');
  const claim = INVALID_CLAIM.safeParse(value);
  if (claim.success && path[0] === 'sources') {
    const details = {
      path: path.slice(1).join('.') || 'sources',
      got: 'not readable',
      expected: message.replace(/^.*expected /, '')
    };
    return { refusal: refusal('HINT_INVALID', details), claimId: claim.data.id };
  }
  const what = at ? `"${at}": ${message}` : message;
  return {
    refusal: refusal('LINE_INVALID', { what }),
    claimId: claim.success ? claim.data.id : null
  };
}
