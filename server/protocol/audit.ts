/** One line of the audit log (ADMIN6). */
export type AuditRecord = {
  /** When it was ordered, ISO 8601, UTC. */
  readonly time: string;
  readonly uid: number;
  /** The user's name then. */
  readonly user: string;
  readonly action:
    'drain' | 'undrain' | 'cancel' | 'evict' | 'move' | 'cap' | 'uncap' | 'policy' | 'log';
  /** What it concerned: ids, names, owners, and what was to become of it. */
  readonly on: Readonly<Record<string, string | number | null>>;
  /** In the administrator's own words; null if they gave none. */
  readonly why: string | null;
  /** `done`, or the code of the refusal. */
  readonly outcome: string;
};

/** `GET /api/v1/admin/log`: records, oldest first, and how many lines could not be read. */
export type AuditView = {
  readonly records: readonly AuditRecord[];
  readonly unreadable: number;
};
