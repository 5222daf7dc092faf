import { minutesOf } from './all';
import { BENCHES, type Bench, type Entry } from './bench';
import { writtenOf, type Option, type Options } from './options';
import { boundOf } from './table';

/** How to run a measurement, and which there are. */
export function usage(): string {
  const names = Object.entries(BENCHES).map(
    ([name, entry]) => `  ${name.padEnd(11)} ${entry.what}, ${minutesOf(entry.takesS.full)}`
  );
  return [
    'Measure what Cellgrant promises.',
    '',
    'Usage: npm run bench -- NAME [--json FILE] [--quick] [OPTIONS]',
    '       npm run bench -- all [--json DIRECTORY] [--quick]',
    '       npm run bench -- NAME --help',
    '',
    ...names
  ].join('\n');
}

/** What one measurement promises, and its options. */
export function helpOf(
  name: string,
  { what, takesS, partOf }: Entry,
  { BARS, OPTIONS }: Bench,
  common: Options
): string {
  const bars = Object.values(BARS).map(it => `  ${it.id}: ${it.name}, ${boundOf(it)}`);
  const part = partOf === undefined ? '' : `; a part of ${partOf}`;
  const took = `${minutesOf(takesS.full)}, ${minutesOf(takesS.quick)} with --quick`;
  return [
    `${name}: ${what} (${took}${part})`,
    '',
    'Options:',
    ...Object.entries({ ...OPTIONS, ...common }).map(lineOf),
    '',
    'Bars:',
    ...bars
  ].join('\n');
}

function lineOf([name, option]: [string, Option<unknown>]): string {
  const { what, full, quick } = option;
  const values = typeof full === 'number' && full !== quick ? `; ${full}, quick ${quick}` : '';
  return `  ${writtenOf(name, option).padEnd(18)} ${what}${values}`;
}
