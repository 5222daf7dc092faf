import * as z from 'zod';

import type { OwnDirectory } from '../../host/ownDirectory';
import type { Drain } from '../../protocol/facts';
import { StateFile } from '../stateFile';

const DRAIN = z
  .object({ by: z.string(), why: z.string().nullable(), sinceMs: z.number() })
  .nullable();

/** Stores whether the node is drained, for the next sidecar (ADMIN2). */
export class DrainStore {
  private readonly file: StateFile;

  constructor(directory: OwnDirectory) {
    this.file = new StateFile(directory, 'drain.json');
  }

  /** The drain that the previous sidecar left; null for none. */
  load(): Drain | null {
    return this.file.load(value => DRAIN.parse(value));
  }

  /** Save it; resolves when it is on the disk, or could not be written for now. */
  save(drain: Drain | null): Promise<void> {
    return this.file.save(drain);
  }
}
