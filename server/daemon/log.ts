import type { Log } from './ports';

/** A log of one line a sentence, with its time, on stderr. */
export function stderrLog(): Log {
  return (level, sentence) => {
    const line = sentence.replace(/\s*\n\s*/g, ' | ');
    process.stderr.write(`${new Date().toISOString()} cellgrant ${level}: ${line}\n`);
  };
}
