import * as z from 'zod';

import { errnoOf } from '../../host/files';
import type { OwnDirectory } from '../../host/ownDirectory';
import { OwnLog } from '../../host/ownLog';
import { refusal, type Refusal } from '../../protocol/errors';
import type { AuditRecord, AuditView } from '../../protocol/audit';

/** How long each of the two files may be, in bytes: some four thousand records. */
const BYTES_MAX = 2 ** 20;

const NAME = 'audit.jsonl';

const RECORD = z.object({
  time: z.iso.datetime(),
  uid: z.int(),
  user: z.string(),
  action: z.enum(['drain', 'undrain', 'cancel', 'evict', 'move', 'cap', 'uncap', 'policy', 'log']),
  on: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  why: z.string().nullable(),
  outcome: z.string()
});

/** What administrators did, and what others tried (ADMIN6): one JSON object a line. */
export class AuditLog {
  private readonly lines: OwnLog;

  constructor(
    private readonly directory: OwnDirectory,
    bytesMax = BYTES_MAX
  ) {
    this.lines = new OwnLog(directory, { current: NAME, previous: 'audit.1.jsonl' }, bytesMax);
  }

  /** Write a record; resolves when it is on the disk, to null, or to why it cannot be written. */
  async write(record: AuditRecord): Promise<Refusal | null> {
    try {
      await this.lines.append(JSON.stringify(record));
      return null;
    } catch (failure) {
      return this.refused(failure);
    }
  }

  /** The records since a time, ms since the epoch; or why they cannot be read. */
  read(sinceMs: number): AuditView | Refusal {
    let lines: readonly string[];
    try {
      lines = this.lines.read();
    } catch (failure) {
      return this.refused(failure);
    }
    const read = lines.map(recordIn);
    const records = read.filter(it => it !== null);
    return {
      records: records.filter(it => Date.parse(it.time) >= sinceMs),
      unreadable: read.length - records.length
    };
  }

  private refused(failure: unknown): Refusal {
    const errno = errnoOf(failure);
    const what = errno === 'EUNKNOWN' && failure instanceof Error ? failure.message : errno;
    return refusal('NOT_AUDITED', { file: this.directory.named(NAME), what });
  }
}

/** A line as a record; null for one that is none, which somebody else wrote, or a crash cut short. */
function recordIn(line: string): AuditRecord | null {
  try {
    return RECORD.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
