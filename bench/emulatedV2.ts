import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageUnavailable, makeImage } from '../server/testing/v2/image';
import { bootMachine } from '../server/testing/v2/machine';
import { ROOT } from './python';
import type { Row } from './tiers';

/** What is added to the name of a tier there. */
export const EMULATED = ' (emulated machine)';

/**
 * What real cgroup v2 costs in an emulated machine, and version 1 beside it; no
 * rows where none can be made.
 *
 * #### Notes
 * The emulator executes some 20 times fewer instructions a second than the
 * machine below it, so these rows compare among each other, not with others:
 * what version 2 costs without emulation is the ratio of the two, times what
 * version 1 costs here.
 */
export async function timeEmulatedV2(): Promise<readonly Row[]> {
  const guest = readFileSync(join(ROOT, 'build', 'bench', 'enforceGuest.cjs'));
  const rows: Row[] = [];
  try {
    await bootMachine(makeImage(guest, join(ROOT, '.cache', 'v2')), line => {
      if (line.startsWith('{"rows":')) {
        rows.push(...(JSON.parse(line) as { rows: Row[] }).rows);
      }
    });
  } catch (failure) {
    if (!(failure instanceof ImageUnavailable)) {
      throw failure;
    }
    console.error(`No rows of cgroup v2: ${failure.message}`);
  }
  return rows.map(row => ({ ...row, tier: `${row.tier}${EMULATED}` }));
}
