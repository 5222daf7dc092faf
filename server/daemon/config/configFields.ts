import type { Node } from 'yaml';

import { VICTIM_POLICIES, type Quota } from '../../core/policy/groups';
import { isGlob } from '../../lib/glob';
import { parseBytes, parseSpan } from '../../protocol/hints';
import type { PolicyName } from '../ports';

/** A reader of one value: the value, or undefined where it is not what was expected. */
type Reader<T> = (value: unknown, node: Node) => T | undefined;

/** What may stand behind one name of the file. */
export type Field = { readonly read: Reader<unknown>; readonly expected: string };

/** Fields by their names in the file. */
export type Fields = Readonly<Record<string, Field>>;

/** Names in the file that differ from those inside. */
export const RENAMED: Readonly<Record<string, string>> = {
  surplus: 'acceptSurplus',
  latency: 'latencyMs',
  minRuntime: 'minRuntimeMs',
  maxRuntime: 'maxRuntimeMs',
  grace: 'graceMs',
  idle: 'holdIdleMs',
  safe: 'holdSafeMs'
};

const POLICIES: readonly PolicyName[] = ['dynamic', 'partitioned', 'naive'];

function oneOf(words: readonly string[]): Field {
  const read: Reader<string> = value => words.find(it => it === value);
  return { read, expected: `one of ${words.join(', ')}` };
}

function whole(max: number): Field {
  const read: Reader<number> = value =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max
      ? (value as number)
      : undefined;
  return { read, expected: `a whole number from 0 to ${max}` };
}

function readQuota(value: unknown): Quota | undefined {
  if (typeof value === 'number') {
    return { kind: 'static', cpus: value };
  }
  const percent = /^\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*$/.exec(String(value));
  return percent ? { kind: 'fraction', of: Number(percent[1]) / 100 } : undefined;
}

function readGlobs(value: unknown): readonly string[] | undefined {
  const globs: readonly unknown[] = Array.isArray(value) ? value : [value];
  return globs.every((it): it is string => typeof it === 'string' && isGlob(it))
    ? globs
    : undefined;
}

const memory: Field = { read: parseBytes, expected: 'an amount such as "4 GiB"' };
const span: Field = { read: parseSpan, expected: 'a time such as "30 s" or "5 min"' };

const yesOrNo: Field = {
  read: value => (typeof value === 'boolean' ? value : undefined),
  expected: 'true or false'
};

/** Fields at the top of the file that are values themselves. */
export const TOP_VALUES: Fields = { policy: oneOf(POLICIES) };

export const PREEMPTION: Fields = { victims: oneOf(VICTIM_POLICIES), grace: span };

export const HOLD: Fields = { idle: span, safe: span };

export const RESERVE: Fields = { cpus: whole(65_536), memory };

export const GPUS: Fields = { fence: yesOrNo };

export const LIMITS: Fields = { memory, gpus: whole(1024), exclusive: whole(65_536) };

/** Fields of a group that are values themselves. */
export const GROUP_VALUES: Fields = {
  weight: {
    read: value => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
    expected: 'a number above 0'
  },
  quota: { read: readQuota, expected: 'a number of CPUs, or a part such as "50%"' },
  surplus: yesOrNo,
  latency: span,
  minRuntime: span,
  maxRuntime: span,
  notebooks: {
    read: readGlobs,
    expected: 'patterns of paths such as "atlas/**", of "*", "?" and "**"'
  }
};
