import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * GPUs that no machine has: opening their device files ends in ENXIO where it is
 * let through, since no driver answers, and in EPERM where it is not.
 */
export const MADE_UP_GPUS = [
  { uuid: 'GPU-00000000-0000-1111-2222-333333333333', node: { major: 195, minor: 240 } },
  { uuid: 'GPU-11111111-0000-1111-2222-333333333333', node: { major: 195, minor: 241 } }
] as const;

/** A device file of the same driver that belongs to no GPU. */
export const SHARED_NODE = { major: 195, minor: 252 } as const;

const LOG = MADE_UP_GPUS.map(
  ({ uuid, node }) =>
    `<gpu id="0"><product_name>Made-up</product_name><uuid>${uuid}</uuid>` +
    `<minor_number>${node.minor}</minor_number>` +
    '<fb_memory_usage><total>1024 MiB</total></fb_memory_usage></gpu>'
).join('');

/** A stand-in for nvidia-smi that lists these GPUs, in a directory of its own. */
export class MadeUpDriver {
  private readonly directory = mkdtempSync(join(tmpdir(), 'cg-smi-'));
  readonly command = join(this.directory, 'nvidia-smi');

  constructor() {
    const script = `#!/bin/sh\necho '<nvidia_smi_log>${LOG}</nvidia_smi_log>'\n`;
    writeFileSync(this.command, script, { mode: 0o755 });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
