import { runCampaign, type CampaignReport } from '../server/testing/faults/campaign';

const FAULTS = 1000;
/** Runs at once: they wait more than they work. */
const LANES = 3;

/** What the measurement of enforcement tells of a campaign. */
export type FaultCounts = {
  readonly n: number;
  readonly leaks: number;
  readonly doubleGrants: number;
  readonly unexplained: number;
};

/** A number behind a word of the command line, or of the environment. */
function numberOf(args: readonly string[], flag: string, variable: string, or: number): number {
  const at = args.indexOf(flag);
  const text = at < 0 ? process.env[variable] : args[at + 1];
  return text === undefined ? or : Number(text);
}

/** As the command line says, telling of the progress on stderr. */
async function campaign(args: readonly string[]): Promise<CampaignReport> {
  const faults = numberOf(args, '--faults', 'CELLGRANT_FAULTS', FAULTS);
  const seed = numberOf(args, '--seed', 'CELLGRANT_SEED', Date.now() % 1_000_000);
  const began = performance.now();
  console.error(`${faults} faults from seed ${seed}, ${LANES} runs at once ...`);
  return runCampaign({
    faults,
    seed,
    lanes: LANES,
    onRun: (done, found) => {
      const seconds = Math.round((performance.now() - began) / 1000);
      found.forEach(it => console.error(it));
      console.error(`${done} of ${faults} faults in ${seconds} s`);
    }
  });
}

/** Let things break, and count what that harmed. */
export async function countFaults(args: readonly string[]): Promise<FaultCounts> {
  const { n, leaks, doubleGrants, unexplained } = await campaign(args);
  return {
    n,
    leaks: leaks.length,
    doubleGrants: doubleGrants.length,
    unexplained: unexplained.length
  };
}

/**
 * Faults on real processes, as `enforce` counts them, with all that they found.
 *
 * #### Notes
 * `--faults N` (or `CELLGRANT_FAULTS`) and `--seed N` (or `CELLGRANT_SEED`).
 */
export function run(args: readonly string[]): Promise<object> {
  return campaign(args);
}
