import { mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { UsageError } from './options';

const isDirectory = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory();

/** Throws a {@link UsageError} where no file can be written there: before anything is measured. */
export function checkFile(path: string): void {
  if (isDirectory(path)) {
    throw new UsageError(`--json is "${path}", a directory, but the name of a file was expected.`);
  }
  if (!isDirectory(dirname(path))) {
    throw new UsageError(
      `--json is "${path}", but there is no directory ${dirname(path)}: make it first.`
    );
  }
}

/** Make a directory unless it is there; a temporary one if none is named. Throws as above. */
export function makeDirectory(path: string | null): string {
  if (path === null) {
    return mkdtempSync(join(tmpdir(), 'cellgrant-bench-'));
  }
  try {
    mkdirSync(path, { recursive: true });
  } catch {
    throw new UsageError(`--json is "${path}", which is no directory and cannot be made one.`);
  }
  return path;
}
