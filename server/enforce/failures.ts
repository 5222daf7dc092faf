import { errnoOf, type IHostFiles } from '../host/files';
import { whyNotAlive } from '../host/processes';
import { EnforcementError, type HolderProcess } from './enforcer';

/** The errno of an error, whether the host threw it or it was named already. */
export function errnoIn(error: unknown): string {
  return error instanceof EnforcementError ? error.errno : errnoOf(error);
}

/** Fail because nothing is seen of a process: it has ended, or that cannot be told now. */
export function failUnseen(files: IHostFiles, { pid, startTicks }: HolderProcess): never {
  throw new EnforcementError(`process ${pid}`, whyNotAlive(files, { pid, startTicks }) ?? 'ESRCH');
}

/** Do a file operation; what the host refuses is named. */
export function attempt<T>(what: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw error instanceof EnforcementError ? error : new EnforcementError(what, errnoOf(error));
  }
}

/** Do a file operation that may fail for one of these reasons; says whether it was done. */
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

/** Do it; if that fails, undo what was done of it and fail with the first reason. */
export function undoing(undo: () => void, operation: () => void): void {
  try {
    operation();
  } catch (error) {
    tolerate('undoing', [errnoIn(error)], undo);
    throw error;
  }
}

/** Do all of them, and fail with the first failure: one refused file leaves no other unwritten. */
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
