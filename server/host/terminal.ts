import { closeSync, openSync } from 'node:fs';

/** Whether this process has a controlling terminal now; a closed one does not count. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false; // ENXIO; whatever the error, nobody can type anything there
  }
}
