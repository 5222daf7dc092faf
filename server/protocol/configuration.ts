/** The configuration: `GET /api/v1/configuration`. */
export type ConfigurationView = {
  /** The file that applies last; null if there is none. */
  readonly file: string | null;
  /** The files that it may only narrow, in order (CFG5). */
  readonly narrows: readonly string[];
  /** When they were last read, ms since the epoch. */
  readonly readMs: number | null;
  /** Problems found then, as `FILE:LINE: sentence`; the previous content of such a file stays in force. */
  readonly problems: readonly string[];
};
