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
  ancestors: z.array(z.number().int().positive()).exactOptional()
});

/** An entry as the version before wrote it, which knew kernels alone. */
const FORMER = [['kernelId', 'holderId']] as const;

const STORED = z.array(
  z.preprocess(entry => renamed(entry, FORMER), HOLDER),
  { error: 'it is not a list of holders' }
);

/** An entry as it is on the disk. */
function stored({ kept, ...process }: KnownProcess): unknown {
  return { ...process, kept: kept && { ...kept, grant: toldGrant(kept.grant) } };
}

/**
 * Remembers which processes are registered, for the sidecar after this one.
 *
 * #### Notes
 * A hint, not the truth: each entry is checked against the live process before
 * it counts. Without it a kernel that has no gate would be lost at a restart,
 * for nobody says hello for it; no gate tells which GPUs its process has open, nor what it
 * keeps between cells (ADM9), and who may speak for it is known from who did first (SEC6).
 */
export class HolderStore {
  private readonly file: StateFile;
  /** Resolves when the list that was kept last is on the disk, or could not be kept for now. */
  saved = Promise.resolve();

  constructor(directory: OwnDirectory) {
    this.file = new StateFile(directory, 'kernels.json');
  }

  /** What the sidecar before this one left. */
  load(): readonly KnownProcess[] {
    return this.file.load(value => STORED.parse(value)) ?? [];
  }

  /** Keep this list before anything else happens, as far as the disk takes it. */
  saveNow(list: readonly KnownProcess[]): void {
    this.file.saveNow(list.map(stored));
  }

  /** Keep this list, as {@link saved} tells. */
  save(list: readonly KnownProcess[]): Promise<void> {
    this.saved = this.file.save(list.map(stored));
    return this.saved;
  }
}
