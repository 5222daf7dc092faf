import { parseArgs } from 'node:util';

import type { PolicyName } from './core/events';
import type { LogFormat } from './daemon/log';
import { parseCpuList, type CpuSet } from './protocol/cpuset';
import { parseBytes } from './protocol/hints';
import type { TierName } from './protocol/view';

/** The parsed command line. */
export type Options = {
  /** Contains the sockets and what outlives a sidecar. */
  readonly dir: string;
  /** What gates do without a sidecar. */
  readonly failure: 'open' | 'closed';
  readonly tier: TierName | 'auto';
  readonly cgroupRoot: string | undefined;
  /** CPUs to grant. */
  readonly cpus: CpuSet | undefined;
  readonly memoryBytes: number | undefined;
  readonly policy: PolicyName;
  /** Configuration files, each of which may only narrow those before it. */
  readonly config: readonly string[];
  readonly logFormat: LogFormat;
  /** Serve every user of the node, in directories below this one (SYS1); null for one user. */
  readonly system: string | null;
  /** Stop gracefully at the end of stdin. */
  readonly withParent: boolean;
  /** Which sidecars of this node know each other (ENF11): all that were started with the same scope. */
  readonly scope: string;
};

export const USAGE =
  'This program is started by Jupyter and by `cellgrant sidecar`, whose --help explains its options.';

/** An invalid command line; the message says why. */
export class UsageError extends Error {}

/**
 * The flags that Python passes. jupyterlab_cellgrant/settings.py defines the settings, their values
 * and their meaning; the words that it allows are not checked again here.
 */
const FLAGS = {
  dir: { type: 'string' },
  failure: { type: 'string', default: 'open' },
  tier: { type: 'string', default: 'auto' },
  cpus: { type: 'string' },
  memory: { type: 'string' },
  policy: { type: 'string', default: 'dynamic' },
  config: { type: 'string', multiple: true, default: [] as string[] },
  'cgroup-root': { type: 'string' },
  system: { type: 'string' },
  'log-format': { type: 'string', default: 'text' },
  'check-config': { type: 'string' },
  'with-parent': { type: 'boolean', default: false }
} as const;

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
  } catch (failure) {
    throw new UsageError((failure as Error).message);
  }
}

function cpus(value: string | undefined): CpuSet | undefined {
  try {
    return value === undefined ? undefined : parseCpuList(value);
  } catch (failure) {
    throw new UsageError(`--cpus: ${(failure as Error).message}`);
  }
}

function memory(value: string | undefined): number | undefined {
  const bytes = value === undefined ? undefined : parseBytes(value);
  if (value !== undefined && bytes === undefined) {
    throw new UsageError(`--memory is "${value}"; expected an amount such as "8 GiB"`);
  }
  return bytes;
}

/** A file that is only to be checked, and the files that come before it. */
export type Check = { readonly file: string; readonly before: readonly string[] };

/** What is only to be checked; null if a sidecar is to run. Throws {@link UsageError}. */
export function parseCheck(args: readonly string[]): Check | null {
  const { 'check-config': file, config } = read(args);
  return file === undefined ? null : { file, before: config };
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
    failure: values.failure as Options['failure'],
    tier: values.tier as Options['tier'],
    cgroupRoot: values['cgroup-root'],
    cpus: cpus(values.cpus),
    memoryBytes: memory(values.memory),
    policy: values.policy as PolicyName,
    config: values.config,
    logFormat: values['log-format'] as LogFormat,
    system: values.system ?? null,
    withParent: values['with-parent'],
    scope: scopeOf(env)
  };
}
