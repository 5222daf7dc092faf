import { readFileSync, statSync } from 'node:fs';

import type { ConfigurationView } from '../../protocol/configuration';
import { readConfig } from './config';
import { CONFIG_BYTES_MAX } from './configBounds';
import { configurationOf, narrowed, type Configuration, type Said } from './configSaid';
import type { Log } from '../ports';

/** How many problems are shown to everybody; the log and `cellgrant check` list them all. */
const SHOWN_MAX = 5;

/** What a file says, or all of its problems, as `FILE:LINE: sentence`. */
type FileRead = { readonly said: Said } | { readonly problems: readonly string[] };

/** Read and check a configuration file that may only narrow `outer` (CFG2, CFG5), null for the first. Never throws. */
function readConfigFile(path: string, outer: Said | null): FileRead {
  let text: string;
  try {
    const facts = statSync(path);
    if (!facts.isFile()) {
      return { problems: [`${path}: this is no file`] };
    }
    if (facts.size > CONFIG_BYTES_MAX) {
      const most = `a configuration has at most ${CONFIG_BYTES_MAX / 1024} KiB`;
      return { problems: [`${path}: this has ${Math.ceil(facts.size / 1024)} KiB; ${most}`] };
    }
    text = readFileSync(path, 'utf8');
  } catch (failure) {
    const { code = String(failure) } = failure as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    return { problems: [`${path}: ${why}`] };
  }
  const { said, problems } = readConfig(text, outer);
  return said
    ? { said }
    : { problems: problems.map(({ line, sentence }) => `${path}:${line}: ${sentence}`) };
}

/** All problems of a file that comes after these, without their own problems (CFG2). */
export function problemsOf(path: string, before: readonly string[]): readonly string[] {
  const outer = before.reduce<Said | null>((said, it) => {
    const found = readConfigFile(it, said);
    return narrowed(said, 'said' in found ? found.said : {}).said;
  }, null);
  const found = readConfigFile(path, outer);
  return 'problems' in found ? found.problems : [];
}

/**
 * One file, as last read.
 *
 * #### Notes
 * With problems it changes nothing (CFG1): what it said before stays in force.
 * At the start, when it has said nothing yet, it has no effect.
 */
class ConfigFile {
  problems: readonly string[] = [];
  private said: Said | null = null;

  constructor(
    readonly path: string,
    private readonly isFirst: boolean,
    private readonly log: Log
  ) {}

  /** Read or reload it; every problem is logged. Returns what is then in force, with `outer`. */
  read(outer: Said | null): Said {
    const found = readConfigFile(this.path, outer);
    if ('problems' in found) {
      this.problems = found.problems;
      this.log('error', this.verdict());
      found.problems.forEach(it => this.log('error', it));
    } else {
      this.problems = [];
      this.said = found.said;
      this.log('info', `${this.path} is in force`);
    }
    return narrowed(outer, this.said ?? {}).said;
  }

  /** What people should know about it; empty if it is valid. */
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

  private verdict(): string {
    const fallback = this.isFirst ? 'everybody shares alike' : 'it is ignored';
    const counts = this.said ? 'what it said before stays in force' : fallback;
    return `The configuration ${this.path} is wrong; until it is corrected and read again (cellgrant reload), ${counts}.`;
  }
}

/**
 * The files of a sidecar, the administrator's before the user's; each may only
 * narrow those before it (CFG5).
 *
 * #### Notes
 * A sidecar that refused to start without a valid file would leave every cell
 * ungated, which is worse than even sharing.
 */
export class ConfigFiles {
  /** The configuration in force. */
  configuration: Configuration = configurationOf({});
  private readonly files: readonly ConfigFile[];
  private readMs = 0;

  constructor(paths: readonly string[], log: Log) {
    this.files = paths.map((path, index) => new ConfigFile(path, index === 0, log));
  }

  /** Read or reload them. Returns whether any of them is valid, and so in force. */
  read(nowMs: number): boolean {
    this.readMs = nowMs;
    const said = this.files.reduce<Said | null>((outer, file) => file.read(outer), null);
    this.configuration = configurationOf(said ?? {});
    return this.files.some(file => file.problems.length === 0);
  }

  /** What people should know about them; empty if they are valid. */
  notices(): readonly string[] {
    return this.files.flatMap(file => file.notices());
  }

  view(): ConfigurationView {
    const paths = this.files.map(file => file.path);
    return {
      file: paths.at(-1) ?? null,
      narrows: paths.slice(0, -1),
      readMs: this.readMs,
      problems: this.files.flatMap(file => file.problems)
    };
  }
}
