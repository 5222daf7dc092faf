import { readFileSync, statSync } from 'node:fs';

import type { ConfigurationView } from '../protocol/view';
import { NO_CONFIGURATION, readConfig, type Configuration } from './config';
import type { Log } from './ports';

/** The longest file that is read, in bytes. */
const BYTES_MAX = 1024 * 1024;

/** How many problems are shown to everybody; the log and `cellgrant check` have them all. */
const SHOWN_MAX = 5;

/** What a file says, or everything that is wrong with it, as `FILE:LINE: sentence`. */
type FileRead =
  { readonly configuration: Configuration } | { readonly problems: readonly string[] };

/** Read and check a configuration file (CFG2). Never throws. */
export function readConfigFile(path: string): FileRead {
  let text: string;
  try {
    const facts = statSync(path);
    if (!facts.isFile() || facts.size > BYTES_MAX) {
      return { problems: [`${path}: this is no file of at most ${BYTES_MAX / 1024} KiB`] };
    }
    text = readFileSync(path, 'utf8');
  } catch (failure) {
    const { code = String(failure) } = failure as NodeJS.ErrnoException;
    return { problems: [`${path}: it cannot be read (${code})`] };
  }
  const { configuration, problems } = readConfig(text);
  return configuration
    ? { configuration }
    : { problems: problems.map(({ line, sentence }) => `${path}:${line}: ${sentence}`) };
}

/**
 * The administrator's file, as it was read last.
 *
 * #### Notes
 * A file with problems changes nothing (CFG1): what was read before stays in
 * force, and at the start, when nothing was, everybody shares alike. A sidecar
 * that did not start for want of a good file would leave every cell ungated,
 * which is worse than sharing alike.
 */
export class ConfigFile {
  /** What is in force. */
  configuration: Configuration = NO_CONFIGURATION;
  private problems: readonly string[] = [];
  private readMs = 0;
  private isEverGood = false;

  constructor(
    private readonly path: string,
    private readonly log: Log
  ) {}

  /** Read it, now or again; every problem goes to the log. Says whether there is none. */
  read(nowMs: number): boolean {
    const found = readConfigFile(this.path);
    this.readMs = nowMs;
    if ('problems' in found) {
      this.problems = found.problems;
      this.log('error', this.verdict());
      found.problems.forEach(it => this.log('error', it));
    } else {
      this.problems = [];
      this.configuration = found.configuration;
      this.isEverGood = true;
      this.log('info', `${this.path} is in force`);
    }
    return this.problems.length === 0;
  }

  /** What people should know of it; empty where it is good. */
  notices(): readonly string[] {
    const hidden = this.problems.length - SHOWN_MAX;
    return this.problems.length === 0
      ? []
      : [
          this.verdict(),
          ...this.problems.slice(0, SHOWN_MAX),
          ...(hidden > 0 ? [`${this.path}: ${hidden} more; see cellgrant check ${this.path}.`] : [])
        ];
  }

  view(): ConfigurationView {
    return { file: this.path, readMs: this.readMs, problems: this.problems };
  }

  private verdict(): string {
    const counts = this.isEverGood
      ? 'what it said before stays in force'
      : 'everybody shares alike';
    return `The configuration ${this.path} is wrong; until it is corrected, ${counts}.`;
  }
}
