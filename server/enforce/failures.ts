import { errnoOf, type IHostFiles } from '../host/files';
import { whyNotAlive } from '../host/processes';
import { EnforcementError, type HolderProcess } from './enforcer';

/** The errno of an error, whether it is the host's own or already an `EnforcementError`. */
export function errnoIn(error: unknown): string {
  return error instanceof EnforcementError ? error.errno : errnoOf(error);
}

/** Throw because a process cannot be seen: it has ended, or that is currently unknown. */
export function failUnseen(files: IHostFiles, { pid, startTicks }: HolderProcess): never {
  throw new EnforcementError(`process ${pid}`, whyNotAlive(files, { pid, startTicks }) ?? 'ESRCH');
}

/** Run a file operation; what the host refuses is thrown as an `EnforcementError`. */
export function attempt<T>(what: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw error instanceof EnforcementError ? error : new EnforcementError(what, errnoOf(error));
  }
}

/** Run a file operation that may fail for one of these reasons; returns whether it succeeded. */
export function tolerate(
  what: string,
  errnos: readonly string[],
  operation: () => unknown
): boolean {
  try {
    operation();
    return true;
  } catch (error) {
    if (errnos.includes(errnoIn(error))) {
      return false;
    }
    throw error instanceof EnforcementError ? error : new EnforcementError(what, errnoOf(error));
  }
}

/** Run it; if it fails, undo what was done and throw the first failure. */
export function undoing(undo: () => void, operation: () => void): void {
  try {
    operation();
  } catch (error) {
    tolerate('undoing', [errnoIn(error)], undo);
    throw error;
  }
}

/** Run all of them, then throw the first failure: one refused file leaves no other unwritten. */
export function doAll(...operations: readonly (() => void)[]): void {
  const failures = operations.flatMap(operation => {
    try {
      operation();
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (failures.length > 0) {
    throw failures[0];
  }
}
