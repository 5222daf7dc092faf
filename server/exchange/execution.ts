import * as z from 'zod';

import { parseCpuList } from '../protocol/cpuset';
import { HOLDER_KINDS } from '../protocol/holder';

/** How long a name may be, in characters. */
const NAME_CHARS_MAX = 4096;

const text = z.string('expected a text').max(NAME_CHARS_MAX, 'this is too long');
/** How far the clock of whoever measured may be before this one, in ms. */
const AHEAD_MAX_MS = 86_400_000;

/** One to come would count as the latest for ever, and never grow old (HIST4). */
const past = (ms: number): boolean => ms <= Date.now() + AHEAD_MAX_MS;
const textOrNull = text.nullable();
const amount = z
  .number('expected a number')
  .min(0, 'expected a number of at least 0')
  .max(Number.MAX_SAFE_INTEGER, `expected a number of at most ${Number.MAX_SAFE_INTEGER}`);
const amountOrNull = amount.nullable();
const count = z.int('expected a whole number').min(0, 'expected a whole number of at least 0');

const SHA256 = 'expected the SHA-256 of a source, 64 hexadecimal digits';
const CPUS = 'expected a CPU list such as "0-3,8"';
const cpuList = text.transform((list, context) => {
  try {
    return parseCpuList(list);
  } catch {
    context.addIssue({ code: 'custom', message: CPUS });
    return z.NEVER;
  }
});

const ask = z.strictObject({
  cpus: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('auto') }),
    z.strictObject({ kind: z.literal('fixed'), n: count }),
    z.strictObject({ kind: z.literal('range'), min: count, max: count })
  ]),
  exclusive: z.boolean(),
  memoryBytes: amountOrNull,
  gpus: count,
  memoryAuto: z.boolean().default(false),
  gpuMemoryBytes: amountOrNull,
  gpuModel: textOrNull,
  timeMs: amountOrNull,
  priority: z.number(),
  maxWaitMs: amountOrNull,
  hold: z.boolean()
});

const grant = z.strictObject({
  cpus: cpuList.nullable(),
  threads: count.nullable(),
  memoryBytes: amountOrNull,
  gpus: z.array(text).max(1024, 'these are too many'),
  asked: z.boolean().exactOptional()
});

const used = z.strictObject({
  cpuSeconds: amountOrNull,
  cpusPeak: amountOrNull,
  memoryBeforeBytes: amountOrNull.default(null),
  memoryPeakBytes: amountOrNull,
  memoryKeptBytes: amountOrNull,
  threadsPeak: amountOrNull,
  processesPeak: amountOrNull,
  gpuMemoryPeakBytes: amountOrNull,
  gpuUtilisation: amountOrNull,
  wasLimited: z.boolean().default(false),
  efficiency: amountOrNull.default(null)
});

/**
 * An execution as `GET /history` has it, without its row; for bodies and for files.
 *
 * #### Notes
 * Only a trace has hashes of sources, and not keyed, because another sidecar's key would be of no use here.
 */
export const EXECUTION = z
  .strictObject({
    claimId: text.min(1, 'expected an id'),
    holderId: text.min(1, 'expected an id'),
    holderKind: z.enum(HOLDER_KINDS, `expected one of ${HOLDER_KINDS.join(', ')}`),
    holderName: text,
    notebook: textOrNull,
    owner: text,
    group: text,
    cellId: textOrNull,
    label: textOrNull,
    sourceSha256: z
      .string(SHA256)
      .regex(/^[0-9a-f]{64}$/, SHA256)
      .nullable()
      .default(null),
    arrivedMs: amount,
    grantedMs: amountOrNull,
    endedMs: amount.refine(past, 'this time is still to come'),
    thinkMs: amountOrNull,
    outcome: z.enum(['ok', 'error', 'interrupted', 'cancelled', 'refused', 'died']),
    ask,
    grant: grant.nullable(),
    used: used.nullable()
  })
  .refine(
    ({ arrivedMs, grantedMs, endedMs }) =>
      arrivedMs <= (grantedMs ?? arrivedMs) && (grantedMs ?? arrivedMs) <= endedMs,
    'it ended before it was granted, or was granted before it arrived'
  )
  .transform(({ sourceSha256, ...it }) => ({ ...it, sourceHash: sourceSha256 }));
