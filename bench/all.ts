import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { exitOf } from '../server/testing/sidecar';
import type { Entry } from './bench';
import type { Outcome } from './outcome';

/** A measurement that takes so much longer than expected hangs, and is ended. */
const PATIENCE = { factor: 5, moreS: 300 };

/** What became of one measurement among all. */
export type Run = {
  readonly bench: string;
  readonly seconds: number;
  /** Null where it failed. */
  readonly outcome: Outcome | null;
  /** Why it failed; null where it did not. */
  readonly failure: string | null;
};

/** How all measurements are run. */
export type Plan = {
  readonly entries: Readonly<Record<string, Entry>>;
  /** The program that runs one of them, by its name and options. */
  readonly program: readonly string[];
  readonly quick: boolean;
  /** There is NAME.json of each afterwards. */
  readonly directory: string;
  /** Hears what goes on, a line at a time. */
  readonly tell: (line: string) => void;
};

/** Run each in turn, in a process of its own, so that the end of one is not the end of all. */
export async function runAll(plan: Plan): Promise<readonly Run[]> {
  const entries = Object.entries(plan.entries).filter(([, it]) => it.partOf === undefined);
  const runs: Run[] = [];
  for (const [bench, entry] of entries) {
    const place = `[${runs.length + 1} of ${entries.length}] ${bench}`;
    plan.tell(`${place}: ${entry.what}, about ${minutesOf(expectedS(entry, plan))}`);
    const run = await runOne(bench, entry, plan);
    plan.tell(`${place}: ${wordOf(run)} after ${minutesOf(run.seconds)}`);
    runs.push(run);
  }
  return runs;
}

/** A duration as people say it. */
export function minutesOf(seconds: number): string {
  return seconds < 100 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function expectedS({ takesS }: Entry, { quick }: Plan): number {
  return quick ? takesS.quick : takesS.full;
}

function wordOf({ outcome, failure }: Run): string {
  const { bars = [] } = outcome ?? {};
  return failure ?? `${bars.filter(it => it.met).length} of ${bars.length} bars met`;
}

async function runOne(bench: string, entry: Entry, plan: Plan): Promise<Run> {
  const file = join(plan.directory, `${bench}.json`);
  const began = performance.now();
  const failure = await failureOf(bench, file, entry, plan);
  return {
    bench,
    seconds: Math.round((performance.now() - began) / 1000),
    outcome: failure === null ? (JSON.parse(readFileSync(file, 'utf8')) as Outcome) : null,
    failure
  };
}

/** Run one; why it failed, or null. */
async function failureOf(
  bench: string,
  file: string,
  entry: Entry,
  plan: Plan
): Promise<string | null> {
  const limitS = PATIENCE.factor * expectedS(entry, plan) + PATIENCE.moreS;
  const [command, ...args] = [...plan.program, bench, '--json', file];
  const child = spawn(command!, plan.quick ? [...args, '--quick'] : args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limitS * 1000
  });
  let last = '';
  for await (const line of createInterface({ input: child.stderr })) {
    plan.tell(`  ${line}`);
    last = line.trim() || last;
  }
  const end = await exitOf(child);
  if (end === 0) {
    return null;
  }
  const why = last && `: ${last}`;
  return typeof end === 'string' ? `ended by ${end}` : `failed with ${end}${why}`;
}
