import * as z from 'zod';

import { UNCAPPED, UNLIMITED } from '../../core/policy/bounds';
import { plainGroup, VICTIM_POLICIES, type Group } from '../../core/policy/groups';
import { isGlob } from '../../lib/glob';
import { HINT_NAMES, parseBytes, parseHints, parseSpan, problemOf } from '../../protocol/hints';
import { parseCpus, parseQuota } from '../../protocol/quota';
import type { PolicyName } from '../ports';
import type { Said } from './configSaid';

/*
 * Each schema's error states what a problem reports as expected, in words; a name without a value
 * counts as omitted.
 */

const NAMES = 'names with values (name: value)';
const POLICIES: readonly PolicyName[] = ['dynamic', 'partitioned', 'naive'];

/** The fields that are set: without names that have no value. */
type Stated<T> = { [K in keyof T]?: NonNullable<T[K]> };

function stated<T extends object>(fields: T): Stated<T> {
  const entries = Object.entries(fields).filter(([, it]) => it !== undefined && it !== null);
  return Object.fromEntries(entries) as Stated<T>;
}

/** Fields by their names in the file; `inside` maps them to their names in the code. */
function section<S extends z.core.$ZodLooseShape, T extends object>(
  shape: S,
  inside: (fields: z.output<z.ZodObject<S, z.core.$strict>>) => T
) {
  const known = Object.keys(shape).join(', ');
  return z
    .strictObject(shape, { error: it => (it.code === 'unrecognized_keys' ? known : NAMES) })
    .transform(fields => stated(inside(fields)))
    .nullish();
}

function oneOf<const T extends readonly string[]>(words: T) {
  return z.enum(words, `one of ${words.join(', ')}`).nullish();
}

function whole(max: number, min = 0) {
  const expected = `a whole number from ${min} to ${max}`;
  return z.int(expected).min(min, expected).max(max, expected).nullish();
}

/** A value written as a number, or as text with a unit. */
function amount<T>(parse: (value: unknown) => T | undefined, expected: string) {
  return z
    .union([z.number(), z.string()], expected)
    .transform((value, context) => {
      const parsed = parse(value);
      if (parsed === undefined) {
        context.addIssue({ code: 'custom', message: expected });
        return z.NEVER;
      }
      return parsed;
    })
    .nullish();
}

/** A part of something as a fraction, above 0 and up to 1. */
function parsePart(value: unknown): number | undefined {
  const parsed = parseQuota(value);
  const fraction = parsed?.kind === 'fraction' ? parsed.of : 0;
  return fraction > 0 && fraction <= 1 ? fraction : undefined;
}

const memory = amount(parseBytes, 'an amount such as "4 GiB"');
const span = amount(parseSpan, 'a time such as "30 s", "5 min" or "2 h"');
const quota = amount(parseQuota, 'a number of CPUs, or a part such as "50%"');
const part = amount(parsePart, 'a part of a CPU or GPU such as "2%"');
const yesOrNo = z.boolean('true or false').nullish();

const GLOBS = 'patterns of paths such as "atlas/**", of "*", "?" and "**"';
const glob = z.string(GLOBS).refine(isGlob, GLOBS);
const notebooks = z.union([glob.transform(it => [it]), z.array(glob)], GLOBS).nullish();

const users = z
  .union(
    [
      z
        .array(z.string('a name'))
        .transform(names => Object.fromEntries(names.map(name => [name, 1]))),
      z.record(z.string(), z.number('a number above 0'))
    ],
    'names such as [ann, bob], or names with weights such as {ann: 2, bob: 1}'
  )
  .nullish();

const administrators = z
  .array(z.string('a name').min(1, 'a name'), `names such as [ann, '@wheel']`)
  .nullish();

const limits = section(
  { memory, gpus: whole(1024), exclusive: whole(65_536), priority: whole(100), hold: yesOrNo },
  ({ memory: memoryBytes, exclusive: exclusiveCpus, ...same }) => ({
    ...same,
    memoryBytes,
    exclusiveCpus
  })
);

const caps = section(
  {
    kernels: whole(65_536, 1),
    cells: whole(65_536, 1),
    memory,
    gpus: whole(1024),
    cpus: amount(parseCpus, 'a number of CPUs above 0, or a part of the node up to "100%"')
  },
  ({ memory: memoryBytes, ...same }) => ({ ...same, memoryBytes })
);

const keep = z.union([z.literal(false).transform(() => 0), span], {
  error: 'false, or a time such as "8 h"'
});

const cullFields = section({ idle: span, notice: span, busy: part, keep }, it => ({
  idleMs: it.idle,
  noticeMs: it.notice,
  busyRatio: it.busy,
  keepMs: it.keep
}));

const cull = z.union([z.literal(false).transform(() => ({ idleMs: Infinity })), cullFields], {
  error: 'false, or idle, notice, busy and keep'
});

const historyFields = section({ days: whole(36_500, 1), size: memory }, it => ({
  days: it.days,
  bytes: it.size
}));

const history = z.union([z.literal(false).transform(() => ({ days: 0 })), historyFields], {
  error: 'false, or days and size'
});

const group = section(
  {
    weight: z.number('a number above 0').nullish(),
    quota,
    surplus: yesOrNo,
    latency: span,
    minRuntime: span,
    maxRuntime: span,
    notebooks,
    limits,
    caps,
    userCaps: caps,
    cull,
    users,
    get groups() {
      return groups;
    }
  },
  ({ surplus, latency, minRuntime, maxRuntime, ...same }) => ({
    ...same,
    acceptSurplus: surplus,
    latencyMs: latency,
    minRuntimeMs: minRuntime,
    maxRuntimeMs: maxRuntime,
    limits: { ...UNLIMITED, ...same.limits },
    caps: { ...UNCAPPED, ...same.caps },
    userCaps: { ...UNCAPPED, ...same.userCaps },
    cull: same.cull
  })
);

const groups: z.ZodType<readonly Group[] | null | undefined> = z
  .record(z.string(), group, NAMES)
  .transform(named =>
    Object.entries(named).map(([name, said]) => ({ ...plainGroup(name), ...said }))
  )
  .nullish();

/** Hints have one parser: it decides which values each may have. */
function hint(name: (typeof HINT_NAMES)[number]) {
  return z.unknown().superRefine((value, context) => {
    const problem = value === undefined || value === null ? null : problemOf(name, value);
    problem && context.addIssue({ code: 'custom', message: problem.expected });
  });
}

const defaults = section(
  Object.fromEntries(HINT_NAMES.map(name => [name, hint(name).optional()])),
  it => parseHints(it).hints
);

/** A whole file, from its parsed text to what it says (CFG2). */
export const CONFIG_SCHEMA: z.ZodType<Said | null | undefined> = section(
  {
    administrators,
    groups,
    limits,
    caps,
    userCaps: caps,
    preemption: section({ victims: oneOf(VICTIM_POLICIES), grace: span }, it => ({
      victims: it.victims,
      graceMs: it.grace
    })),
    hold: section({ idle: span, safe: span }, it => ({ holdIdleMs: it.idle, holdSafeMs: it.safe })),
    reserve: section({ cpus: whole(65_536), memory }, it => it),
    gpus: section({ fence: yesOrNo }, it => it),
    cull,
    metrics: section({ users: yesOrNo }, it => it),
    history,
    defaults,
    policy: oneOf(POLICIES)
  },
  it => it
);
