import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barsOf, type Bar } from './simulator/bars';
import { runGroups, type GroupRow } from './simulator/groups';
import { pictureOf, reportOf } from './simulator/report';
import {
  COMPARISONS,
  FULL,
  QUICK,
  QUICK_COMPARISONS,
  runAll,
  type Effort,
  type Row
} from './simulator/sweep';

/** What the measurement finds. */
export type Policies = {
  readonly effort: Effort;
  readonly rows: Row[];
  readonly groups: GroupRow[];
  readonly bars: Bar[];
};

/**
 * Policies side by side in the simulator: the core's, the operating system's,
 * batch queues and oracles, on the same cells.
 *
 * #### Notes
 * `--quick` runs one seed and fewer cells: it shows that everything works, and
 * judges no bar. `--report` writes bench/REPORT.md and bench/policies.svg below
 * the current directory from a full run.
 */
export async function run(args: readonly string[] = []): Promise<Policies> {
  const quick = args.includes('--quick');
  const effort = quick ? QUICK : FULL;
  const show = (row: Row) => process.stderr.write(`${progressOf(row)}\n`);
  const rows = runAll(quick ? QUICK_COMPARISONS : COMPARISONS, effort, show);
  const groups = runGroups(effort);
  const bars = quick ? [] : barsOf(rows);
  for (const { name, value, bound, met } of bars) {
    process.stderr.write(`${met ? 'met   ' : 'MISSED'} ${name}: ${value} against ${bound}\n`);
  }
  if (args.includes('--report') && !quick) {
    writeFileSync(join('bench', 'REPORT.md'), reportOf({ effort, rows, groups, bars }));
    writeFileSync(join('bench', 'policies.svg'), pictureOf({ effort, rows, groups, bars }));
  }
  return { effort, rows, groups, bars };
}

function progressOf({ workload, policy, knowledge, cpus, users, antt, stp }: Row): string {
  const what = `${workload}: ${policy} (${knowledge}), ${cpus} CPUs, ${users} users`;
  return `${what}: ANTT ${antt.toFixed(2)}, STP ${stp.toFixed(2)}`;
}
