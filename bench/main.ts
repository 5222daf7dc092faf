import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { runAll } from './all';
import { BENCHES, type Entry } from './bench';
import { checkFile, makeDirectory } from './destination';
import { helpOf, usage } from './help';
import { describeMachine, sentenceOf } from './machine';
import { UsageError, flag, path, readOptions } from './options';
import { outcomeOf } from './outcome';
import { barsTable, countsOf } from './table';

/** What every measurement understands. */
const COMMON = {
  json: path('where the figures go'),
  quick: flag('only so much that everything is seen to work'),
  help: flag('show this')
};

const CODES = { well: 0, failed: 1, misunderstood: 2 };

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help') {
    console.log(usage());
    return name ? CODES.well : CODES.misunderstood;
  }
  if (name === 'all') {
    return measureAll(args);
  }
  const entry = BENCHES[name];
  if (!entry) {
    const names = Object.keys(BENCHES).join(', ');
    throw new UsageError(`"${name}" is no measurement. There are ${names}, and all.`);
  }
  return measure(name, entry, args);
}

async function measure(name: string, entry: Entry, args: readonly string[]): Promise<number> {
  const bench = await entry.load();
  const options = { ...bench.OPTIONS, ...COMMON };
  const chosen = readOptions(options, args, args.includes('--quick'));
  const { json, quick, help } = chosen;
  if (help) {
    console.log(helpOf(name, entry, bench, COMMON));
    return CODES.well;
  }
  json && checkFile(json);
  const circumstances = { bench: name, quick, machine: await describeMachine() };
  const outcome = outcomeOf(circumstances, bench.BARS, await bench.run(chosen as never));
  json && write(json, outcome);
  const { bars: _bars, unmeasured: _unmeasured, rows, machine, ...others } = outcome;
  console.table(rows);
  console.log(JSON.stringify(others, null, 2));
  console.log(`\n${barsTable([outcome])}\n\n${sentenceOf(machine)}${noteOf(quick)}`);
  return CODES.well;
}

async function measureAll(args: readonly string[]): Promise<number> {
  const { json, quick, help } = readOptions(COMMON, args, args.includes('--quick'));
  if (help) {
    console.log(usage());
    return CODES.well;
  }
  const directory = makeDirectory(json);
  const machine = await describeMachine();
  const runs = await runAll({
    entries: BENCHES,
    program: [process.execPath, ...process.execArgv, process.argv[1]!],
    quick,
    directory,
    tell: line => console.error(line)
  });
  const found = runs.map(({ bench, seconds, outcome, failure }) => {
    const { bars = [], unmeasured = [], machine: then } = outcome ?? {};
    return { bench, seconds, loadAtStart: then?.loadAtStart, failure, bars, unmeasured };
  });
  write(join(directory, 'summary.json'), { quick, machine, runs: found });
  console.log(`${barsTable(found)}\n\n${countsOf(found)}\n${sentenceOf(machine)}${noteOf(quick)}`);
  console.log(`Figures: ${directory}`);
  return runs.some(it => it.failure !== null) ? CODES.failed : CODES.well;
}

/** What is to be known of the figures above. */
function noteOf(quick: boolean): string {
  return quick ? '\nA quick run shows that everything works; its figures judge nothing.' : '';
}

function write(file: string, found: object): void {
  writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
}

main(process.argv.slice(2)).then(
  code => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof UsageError ? CODES.misunderstood : CODES.failed;
  }
);
