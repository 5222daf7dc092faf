/** The configuration: `GET /api/v1/configuration`. */
export type ConfigurationView = {
  /** The file that counts last; null where there is none. */
  readonly file: string | null;
  /** The files that it may only narrow, the first of them first (CFG5). */
  readonly narrows: readonly string[];
  /** When they were read last, ms since the epoch. */
  readonly readMs: number | null;
  /** What was wrong then, as `FILE:LINE: sentence`; what such a file said before is in force. */
  readonly problems: readonly string[];
};
