import * as z from 'zod';

import type { OwnDirectory } from '../host/ownDirectory';
import { renamed } from '../lib/renamed';
import { HOLDER_KINDS } from '../protocol/holder';
import { toldGrant } from '../protocol/grant';
import { StateFile } from './stateFile';
import { KEPT } from './heldGrants';
import type { KnownProcess } from './ports';

const process = {
  pid: z.number().int().positive(),
  startTicks: z.number().int().nonnegative()
};

const HOLDER = z.object({
  holderId: z.string(),
  kind: z.enum(HOLDER_KINDS).default('kernel'),
  parentHolderId: z.string().nullable().default(null),
  ...process,
  name: z.string(),
  notebook: z.string().nullable().default(null),
  gated: z.boolean(),
  gate: z.object(process).nullable().default(null),
  speaker: z.object(process).nullable().default(null),
  boundGpus: z.array(z.string()).exactOptional(),
  owner: z
    .object({ uid: z.int(), name: z.string(), groups: z.array(z.string()).exactOptional() })
    .exactOptional(),
  tokenDigest: z.string().nullable().default(null),
  kept: KEPT,
  assignedGroup: z.array(z.string()).nullable().default(null),
  ancestors: z.array(z.number().int().positive()).exactOptional()
});

/** An entry as the previous version wrote it, which knew only kernels. */
const FORMER = [['kernelId', 'holderId']] as const;

const STORED = z.array(
  z.preprocess(entry => renamed(entry, FORMER), HOLDER),
  { error: 'it is not a list of holders' }
);

/** An entry as stored on disk. */
function stored({ kept, ...process }: KnownProcess): unknown {
  return { ...process, kept: kept && { ...kept, grant: toldGrant(kept.grant) } };
}

/**
 * Persists which processes are registered, for the next sidecar.
 *
 * #### Notes
 * A hint, not the truth: each entry is checked against the live process before
 * it counts. Without it a kernel that has no gate would be lost at a restart, because
 * no gate says hello for it. No gate reports which GPUs its process has open, nor what it
 * keeps between cells (ADM9), and who may speak for it depends on who did first (SEC6).
 */
export class HolderStore {
  private readonly file: StateFile;
  /** Resolves when the last saved list is on disk, or could not be written for now. */
  saved = Promise.resolve();

  constructor(directory: OwnDirectory) {
    this.file = new StateFile(directory, 'kernels.json');
  }

  /** The list that the previous sidecar left. */
  load(): readonly KnownProcess[] {
    return this.file.load(value => STORED.parse(value)) ?? [];
  }

  /** Save this list before anything else happens, if the disk accepts it. */
  saveNow(list: readonly KnownProcess[]): void {
    this.file.saveNow(list.map(stored));
  }

  /** Save this list; {@link saved} resolves when that is done. */
  save(list: readonly KnownProcess[]): Promise<void> {
    this.saved = this.file.save(list.map(stored));
    return this.saved;
  }
}
