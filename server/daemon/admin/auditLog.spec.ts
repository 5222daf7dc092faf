import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { OwnDirectory } from '../../host/ownDirectory';
import type { AuditRecord } from '../../protocol/audit';
import { Attempts, ATTEMPTS_MAX } from './attempts';
import { AuditLog } from './auditLog';

const RECORD: AuditRecord = {
  time: '2026-11-30T16:00:00.000Z',
  uid: 0,
  user: 'root',
  action: 'drain',
  on: {},
  why: 'a reboot',
  outcome: 'done'
};

describe('the audit log', () => {
  let dir: string;
  let log: AuditLog;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'cg-'));
    log = new AuditLog(OwnDirectory.open(dir, () => undefined));
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it('[ADMIN6] shows what was recorded, from a time on', async () => {
    const later = {
      ...RECORD,
      time: '2026-11-30T17:00:00.000Z',
      on: { holder: 'k', graceMs: null }
    };
    expect([await log.write(RECORD), await log.write(later)]).toEqual([null, null]);
    expect(log.read(-Infinity)).toEqual({ records: [RECORD, later], unreadable: 0 });
    expect(log.read(Date.parse(later.time))).toEqual({ records: [later], unreadable: 0 });
  });

  it('[ADMIN6] counts the lines that are none of its records', async () => {
    await log.write(RECORD);
    appendFileSync(join(dir, 'audit.jsonl'), '{"time": 1}\nnot JSON\n[]\n{"ti');
    await log.write(RECORD);
    expect(log.read(-Infinity)).toEqual({ records: [RECORD, RECORD], unreadable: 4 });
  });
});

describe('attempts', () => {
  it('[ADMIN6] are recorded up to a bound for each user, in each hour', () => {
    const attempts = new Attempts();
    const recorded = (uid: number, nowMs: number) =>
      Array.from({ length: 2 * ATTEMPTS_MAX }, () => attempts.isRecorded(uid, nowMs)).filter(
        Boolean
      );
    expect(recorded(1, 0)).toHaveLength(ATTEMPTS_MAX);
    expect(recorded(2, 1000)).toHaveLength(ATTEMPTS_MAX);
    expect(recorded(1, 3_599_999)).toHaveLength(0);
    expect(recorded(1, 3_600_000)).toHaveLength(ATTEMPTS_MAX);
  });
});
