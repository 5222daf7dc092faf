import { ENTRIES } from '../server/testing/fuzz/entries';
import { fuzz, type FuzzReport } from '../server/testing/fuzz/fuzz';
import { barOf, defineBars, never } from './bar';
import type { Result } from './bench';
import { count, only, seed, type Chosen } from './options';

export const BARS = defineBars({
  problems: never('messages after which something was wrong'),
  grantWorstMs: {
    name: 'longest wait of an honest claim after a batch of messages',
    unit: 'ms',
    bound: 100,
    better: 'lower'
  }
});

export const OPTIONS = {
  messages: count('messages through each entry', 100_000, 1_000),
  seed: seed(),
  only: only('one entry', Object.keys(ENTRIES))
};

/** Messages that are nearly right, on a real sidecar: what `npm test` sends a hundredth of. */
export async function run(chosen: Chosen<typeof OPTIONS>): Promise<Result> {
  const rows: FuzzReport[] = [];
  for (const entry of chosen.only ? [chosen.only] : Object.keys(ENTRIES)) {
    console.error(`${chosen.messages} messages through ${entry} from seed ${chosen.seed} ...`);
    rows.push(await fuzz(entry, chosen.messages, chosen.seed));
  }
  const problems = rows.reduce((sum, it) => sum + it.problems.length, 0);
  const grantWorstMs = Math.max(...rows.map(it => it.grantWorstMs));
  return {
    bars: [barOf(BARS.problems, problems), barOf(BARS.grantWorstMs, grantWorstMs)],
    rows
  };
}
