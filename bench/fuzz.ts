import { ENTRIES } from '../server/testing/fuzz/entries';
import { fuzz, type FuzzReport } from '../server/testing/fuzz/fuzz';

const MESSAGES = 100_000;

function wordBehind(args: readonly string[], flag: string): string | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
}

/**
 * Messages that are nearly right, on a real sidecar: what `npm test` sends a hundredth of.
 *
 * #### Notes
 * `--messages N`, `--seed N`, and `--only ENTRY` of gate, http, files and configuration.
 */
export async function run(args: readonly string[] = []): Promise<object> {
  const messages = Number(wordBehind(args, '--messages') ?? MESSAGES);
  const seed = Number(wordBehind(args, '--seed') ?? Date.now() % 1_000_000);
  const only = wordBehind(args, '--only');
  const rows: FuzzReport[] = [];
  for (const entry of only ? [only] : Object.keys(ENTRIES)) {
    console.error(`${messages} messages through ${entry} from seed ${seed} ...`);
    rows.push(await fuzz(entry, messages, seed));
  }
  return { rows };
}
