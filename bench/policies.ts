import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Result } from './bench';
import { UsageError, count, flag, type Chosen } from './options';
import { barsOf } from './simulator/bars';
import { runGroups, type GroupRow } from './simulator/groups';
import { pictureOf, reportOf } from './simulator/report';
import {
  BUSY_COMPARISONS,
  COMPARISONS,
  FULL,
  runAll,
  type Effort,
  type Row
} from './simulator/sweep';
import { runUndersubscribed } from './simulator/undersubscribed';

export { BARS } from './simulator/bars';

export const OPTIONS = {
  seeds: count('random workloads of each kind', FULL.seeds.length, 1),
  cells: count('cells of each user', FULL.cellsPerUser, 40),
  busy: flag('one busy setting of each comparison instead of all', { quick: true }),
  report: flag('write bench/REPORT.md and bench/policies.svg')
};

/** What the measurement finds. */
export type Policies = Result & {
  readonly effort: Effort;
  readonly rows: readonly Row[];
  readonly groups: readonly GroupRow[];
};

/**
 * Policies side by side in the simulator: the core's, the operating system's,
 * batch queues and oracles, on the same cells.
 *
 * #### Notes
 * The report is of a full run, below the current directory.
 */
export async function run(chosen: Chosen<typeof OPTIONS>): Promise<Policies> {
  const { seeds, cells, busy, report } = chosen;
  if (report && busy) {
    throw new UsageError('--report needs a full run: leave out --busy and --quick.');
  }
  const effort = { seeds: Array.from({ length: seeds }, (_, at) => at + 1), cellsPerUser: cells };
  const show = (row: Row) => process.stderr.write(`${progressOf(row)}\n`);
  const rows = runAll(busy ? BUSY_COMPARISONS : COMPARISONS, effort, show);
  const groups = runGroups(effort);
  const bars = barsOf(rows, runUndersubscribed(effort));
  const found = { bars, effort, rows, groups };
  if (report) {
    writeFileSync(join('bench', 'REPORT.md'), reportOf(found));
    writeFileSync(join('bench', 'policies.svg'), pictureOf(found));
  }
  return found;
}

function progressOf({ workload, policy, knowledge, cpus, users, antt, stp }: Row): string {
  const what = `${workload}: ${policy} (${knowledge}), ${cpus} CPUs, ${users} users`;
  return `${what}: ANTT ${antt.toFixed(2)}, STP ${stp.toFixed(2)}`;
}
