import { closeSync, openSync } from 'node:fs';

/** Whether this process has a controlling terminal now; one that was closed is none. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false; // ENXIO; whatever else it is, nobody can type anything there
  }
}
