/** How much a line of the log matters to a person. */
export type LogLevel = 'info' | 'warning' | 'error';

/** Writes one sentence to the log. */
export type Log = (level: LogLevel, sentence: string) => void;

/** A log of one line a sentence, with its time, on stderr. */
export function stderrLog(): Log {
  return (level, sentence) => {
    const line = sentence.replace(/\s*\n\s*/g, ' | ');
    process.stderr.write(`${new Date().toISOString()} cellgrant ${level}: ${line}\n`);
  };
}
