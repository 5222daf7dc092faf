import type { Log, LogLevel } from './ports';

/** How many lines of each level are written per second: errors can flood the log, too. */
export const LINES_PER_SECOND: Readonly<Record<LogLevel, number>> = {
  info: 20,
  warning: 20,
  // A configuration may have many errors.
  error: 200
};

/** The longest line, in characters; readers of the log truncate longer ones. */
export const LINE_CHARS_MAX = 4096;

/** `text`: a plain line. `json`: an object with the fields `time`, `level` and `message`. */
export type LogFormat = 'text' | 'json';

const WRITTEN: Readonly<Record<LogFormat, (level: LogLevel, sentence: string) => string>> = {
  text: (level, sentence) => {
    const line = sentence.replace(/\s*\n\s*/g, ' | ');
    return `${new Date().toISOString()} cellgrant ${level}: ${line}`;
  },
  json: (level, message) =>
    JSON.stringify({ time: new Date().toISOString(), program: 'cellgrant', level, message })
};

type Second = { lines: number; leftOut: number };

/**
 * A log on stderr, with one line per sentence and its time.
 *
 * #### Notes
 * Writing blocks on the reader, which may be slow: so beyond {@link LINES_PER_SECOND}
 * lines of one level in a second, lines are counted, and only the count is written.
 */
export function stderrLog(
  formatOf: () => LogFormat = () => 'text',
  write: (line: string) => void = line => process.stderr.write(line)
): Log {
  const seconds = new Map<LogLevel, Second>();
  const put = (level: LogLevel, sentence: string) => {
    write(`${WRITTEN[formatOf()](level, sentence.slice(0, LINE_CHARS_MAX))}\n`);
  };
  const begin = (level: LogLevel): Second => {
    const second = { lines: 0, leftOut: 0 };
    seconds.set(level, second);
    const end = () => {
      seconds.delete(level);
      second.leftOut && put(level, `${second.leftOut} more lines within a second are left out`);
    };
    setTimeout(end, 1000).unref();
    return second;
  };
  return (level, sentence) => {
    const second = seconds.get(level) ?? begin(level);
    second.lines += 1;
    second.lines > LINES_PER_SECOND[level] ? (second.leftOut += 1) : put(level, sentence);
  };
}
