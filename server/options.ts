import { parseArgs } from 'node:util';

import type { PolicyName } from './core/events';
import { parseCpuList } from './lib/cpuset';
import { parseBytes } from './protocol/hints';
import type { TierName } from './protocol/view';

/** What the command line says. */
export type Options = {
  /** Holds the sockets and what outlives a sidecar. */
  readonly dir: string;
  /** What gates do without a sidecar. */
  readonly failure: 'open' | 'closed';
  readonly tier: TierName | 'auto';
  readonly cgroupRoot: string | undefined;
  /** CPUs to hand out, in list syntax. */
  readonly cpus: string | undefined;
  readonly memoryBytes: number | undefined;
  readonly policy: PolicyName;
  /** Files of configuration, each of which may only narrow those before it. */
  readonly config: readonly string[];
  /** The end of stdin is a graceful stop. */
  readonly withParent: boolean;
  /** Which sidecars of this node know of each other (ENF11): all that were started with the same. */
  readonly scope: string;
};

export const USAGE = `Usage: node main.cjs --dir DIR [options]
  --dir DIR            directory of the sockets
  --failure open       without a sidecar gates run cells (open) or refuse them (closed)
  --tier auto          auto, cgroup-v2, cgroup-v1, affinity or none
  --cgroup-root PATH   a cgroup that was delegated, instead of the own one
  --cpus LIST          CPUs to hand out, such as 0-3,8
  --memory AMOUNT      memory to hand out, such as "8 GiB"
  --policy dynamic     dynamic, partitioned or naive
  --config FILE        groups, limits and reserves; read again at SIGHUP.
                       Each further one may only narrow those before it
  --with-parent        stop when stdin ends
or:    node main.cjs --check-config FILE [--config FILE...]
  tell everything that is wrong with a file that counts after these`;

/** A command line that cannot be followed; the message says why. */
export class UsageError extends Error {}

const FLAGS = {
  dir: { type: 'string' },
  failure: { type: 'string' },
  tier: { type: 'string' },
  'cgroup-root': { type: 'string' },
  cpus: { type: 'string' },
  memory: { type: 'string' },
  policy: { type: 'string' },
  config: { type: 'string', multiple: true },
  'check-config': { type: 'string' },
  'with-parent': { type: 'boolean' }
} as const;

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (failure) {
    throw new UsageError((failure as Error).message);
  }
}

/** One of the allowed words; the first where nothing was said. */
function choice<T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly T[]
): T {
  const chosen = allowed.find(it => it === (value ?? allowed[0]));
  if (chosen === undefined) {
    throw new UsageError(`--${name} is "${value}"; expected ${allowed.join(', ')}`);
  }
  return chosen;
}

function cpuList(value: string | undefined): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  try {
    parseCpuList(value);
  } catch (failure) {
    throw new UsageError(`--cpus: ${(failure as Error).message}`);
  }
  return value;
}

function memory(value: string | undefined): number | undefined {
  const bytes = value === undefined ? undefined : parseBytes(value);
  if (value !== undefined && bytes === undefined) {
    throw new UsageError(`--memory is "${value}"; expected an amount such as "8 GiB"`);
  }
  return bytes;
}

/** A file that is only to be checked, and those that count before it. */
export type Check = { readonly file: string; readonly before: readonly string[] };

/** What is only to be checked; null where a sidecar is to run. Throws {@link UsageError}. */
export function parseCheck(args: readonly string[]): Check | null {
  const { 'check-config': file, config: before = [] } = read(args);
  return file === undefined ? null : { file, before };
}

/** A name that fits into a socket's name. */
const SCOPE = /^[A-Za-z0-9_.-]{0,40}$/;

function scopeOf({ CELLGRANT_SCOPE: scope = '' }: NodeJS.ProcessEnv): string {
  if (!SCOPE.test(scope)) {
    throw new UsageError(
      `CELLGRANT_SCOPE is "${scope}"; expected at most 40 letters, digits, ".", "_" or "-"`
    );
  }
  return scope;
}

/** Read the command line and the environment; throws {@link UsageError}. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv = {}): Options {
  const values = read(args);
  if (!values.dir) {
    throw new UsageError('--dir is missing');
  }
  return {
    dir: values.dir,
    failure: choice('failure', values.failure, ['open', 'closed']),
    tier: choice('tier', values.tier, ['auto', 'cgroup-v2', 'cgroup-v1', 'affinity', 'none']),
    cgroupRoot: values['cgroup-root'],
    cpus: cpuList(values.cpus),
    memoryBytes: memory(values.memory),
    policy: choice('policy', values.policy, ['dynamic', 'partitioned', 'naive']),
    config: values.config ?? [],
    withParent: values['with-parent'] ?? false,
    scope: scopeOf(env)
  };
}
