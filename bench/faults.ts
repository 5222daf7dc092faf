import { runCampaign, type CampaignReport } from '../server/testing/faults/campaign';
import { barOf, defineBars, never } from './bar';
import type { Result } from './bench';
import { count, seed, type Chosen } from './options';

/** Runs at once: they wait more than they work. */
const LANES = 3;

export const BARS = defineBars({
  leaks: never('faults after which something was left'),
  doubleGrants: never('faults after which something was granted twice'),
  unexplained: never('cells whose end was not explained')
});

export const OPTIONS = {
  faults: count('how many things break', 1000, 25),
  seed: seed()
};

/** Faults on real processes, as many kinds of them as a row each, and what they harmed. */
export async function run({
  faults,
  seed: from
}: Chosen<typeof OPTIONS>): Promise<Result & CampaignReport> {
  const report = await campaign(faults, from);
  const { leaks, doubleGrants, unexplained } = report;
  return {
    bars: [
      barOf(BARS.leaks, leaks.length),
      barOf(BARS.doubleGrants, doubleGrants.length),
      barOf(BARS.unexplained, unexplained.length)
    ],
    rows: Object.entries(report.faults).map(([fault, made]) => ({ fault, made })),
    ...report
  };
}

/** Let things break, telling of the progress on stderr. */
async function campaign(faults: number, from: number): Promise<CampaignReport> {
  const began = performance.now();
  console.error(`${faults} faults from seed ${from}, ${LANES} runs at once ...`);
  return runCampaign({
    faults,
    seed: from,
    lanes: LANES,
    onRun: (done, found) => {
      const seconds = Math.round((performance.now() - began) / 1000);
      found.forEach(it => console.error(it));
      console.error(`${done} of ${faults} faults in ${seconds} s`);
    }
  });
}
