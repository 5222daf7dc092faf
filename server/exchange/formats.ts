import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile, stat, type FileHandle } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';

import { checkColumns, COLUMNS, FileError, type Flat, type FlatValue } from './flat';

/** Rows, as they come. */
type Rows = AsyncIterable<Flat>;

/** How rows are written to a file, and read from one. */
export type Format = {
  readonly write: (path: string, rows: Rows) => Promise<void>;
  readonly read: (path: string) => Rows;
};

/** What is read as one text, in bytes. */
const TEXT_BYTES_MAX = 400 * 2 ** 20;

/** How many rows are together in a file of Parquet. */
const GROUP_ROWS = 20_000;

const NAMES = ['version', ...COLUMNS.map(it => it.name)];

const PARQUET_TYPES = {
  text: 'STRING',
  json: 'STRING',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  time: 'TIMESTAMP'
} as const;

/** By the end of a file's name. */
const FORMATS: Readonly<Record<string, Format>> = {
  csv: { write: writeCsv, read: readCsv },
  json: { write: writeJson, read: readJson },
  parquet: { write: writeParquet, read: readParquet }
};

/** The format of a file, by the end of its name. */
export function formatOf(file: string): Format {
  const format = FORMATS[extname(file).slice(1).toLowerCase()];
  if (!format) {
    throw new Error(`expected a name that ends with .${Object.keys(FORMATS).join(', .')}`);
  }
  return format;
}

async function writeCsv(path: string, rows: Rows): Promise<void> {
  const cast = {
    date: (it: Date) => it.toISOString(),
    boolean: (it: boolean) => String(it)
  };
  // A spreadsheet would execute what begins as a formula does.
  const text = stringify({ header: true, columns: NAMES, cast, escape_formulas: true });
  await pipeline(Readable.from(rows), text, createWriteStream(path));
}

async function* readCsv(path: string): Rows {
  let hasColumns = false;
  const columns = (names: string[]): string[] => {
    checkColumns(names);
    hasColumns = true;
    return names;
  };
  const parser = parse({ columns, bom: true });
  const rows = createReadStream(path)
    .on('error', failure => parser.destroy(failure)) // pipe() leaves it to us
    .pipe(parser);
  try {
    for await (const row of rows) {
      const named = Object.entries(row as Record<string, string>);
      yield Object.fromEntries(named.map(([name, it]) => [name, it === '' ? null : unescaped(it)]));
    }
    if (!hasColumns) {
      throw new FileError('it is empty');
    }
  } catch (failure) {
    const { code, message } = failure as { code?: string; message: string };
    throw code?.startsWith('CSV_') ? new FileError(message) : failure;
  }
}

/** As it was before {@link writeCsv}. */
function unescaped(text: string): string {
  return text.replace(/^'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/, '');
}

async function writeJson(path: string, rows: Rows): Promise<void> {
  await pipeline(Readable.from(jsonOf(rows)), createWriteStream(path));
}

/** A list, each row on a line of its own. */
async function* jsonOf(rows: Rows): AsyncIterable<string> {
  let before = '[\n';
  for await (const row of rows) {
    yield before + JSON.stringify(row);
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

async function* readJson(path: string): Rows {
  const { size } = await stat(path);
  if (size > TEXT_BYTES_MAX) {
    throw new FileError(
      `it has ${size} bytes; of JSON at most ${TEXT_BYTES_MAX} are read, use csv or parquet`
    );
  }
  let rows: unknown;
  try {
    rows = JSON.parse(await readFile(path, 'utf8'));
  } catch (failure) {
    throw new FileError(`it is not JSON: ${(failure as Error).message}`);
  }
  if (!Array.isArray(rows) || !rows.every(it => typeof it === 'object' && it !== null)) {
    throw new FileError('it is not a list of executions');
  }
  yield* rows as Flat[];
}

async function writeParquet(path: string, rows: Rows): Promise<void> {
  const typed = COLUMNS.map(({ name, kind }) => ({
    name,
    type: PARQUET_TYPES[kind],
    nullable: true
  }));
  const columns = [{ name: 'version', type: 'INT32', nullable: false } as const, ...typed];
  const writer = fileWriter(path);
  await parquetWriteRows({ writer, rows, columns, rowGroupSize: GROUP_ROWS });
}

async function* readParquet(path: string): Rows {
  await checkParquet(path);
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch(damaged);
  const count = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < count; rowStart += GROUP_ROWS) {
    const rowEnd = Math.min(count, rowStart + GROUP_ROWS);
    const asked = { file, metadata, rowStart, rowEnd };
    yield* (await parquetReadObjects(asked).catch(damaged)) as Record<string, FlatValue>[];
  }
}

/** What its reader stumbles over says nothing to a person. */
function damaged(failure: Error): never {
  throw new FileError(`it is damaged, or not a file of Parquet (${failure.message})`);
}

/** Its reader would take anything for one. */
async function checkParquet(path: string): Promise<void> {
  const file: FileHandle = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.toString('latin1') !== 'PAR1') {
      throw new FileError('it is not a file of Parquet');
    }
  } finally {
    await file.close();
  }
}
