import { RandomSource } from '../randomSource';
import { Stage } from '../stage';
import { FaultRun, type FaultReport } from './faultRun';

const KERNELS = 5;
/** Faults of one run; each run has a sidecar, a directory and a seed of its own. */
const RUN_FAULTS = 25;

/** A long search for faults that harm. */
export type CampaignOptions = {
  readonly faults: number;
  /** Of the first run; the others follow from it. */
  readonly seed: number;
  /** How many runs go on at once. */
  readonly lanes: number;
  /** Hears of each run that is over, and of what it found. */
  readonly onRun?: (done: number, found: readonly string[]) => void;
};

/** What a campaign found; each problem names the seed of its run. */
export type CampaignReport = Omit<FaultReport, 'answered'> & {
  readonly n: number;
  readonly answered: Record<string, number>;
};

/** Everything that one run found wrong, what it left included. */
async function runOnce(seed: number, faults: number): Promise<FaultReport> {
  const stage = new Stage();
  const report = await new FaultRun(stage, new RandomSource(seed)).run(KERNELS, faults);
  const left = await stage.clear().then(
    () => [],
    (failure: Error) => [`at the end: ${failure.message}`]
  );
  const named = (list: readonly string[]) =>
    list.map(it => `CELLGRANT_SEED=${seed} CELLGRANT_FAULTS=${faults}: ${it}`);
  return {
    ...report,
    leaks: named([...report.leaks, ...left]),
    doubleGrants: named(report.doubleGrants),
    unexplained: named(report.unexplained)
  };
}

function add(into: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(from)) {
    into[name] = (into[name] ?? 0) + count;
  }
}

/**
 * Let so many things break, in runs beside each other.
 *
 * #### Notes
 * A run ends at the first thing it finds; the campaign goes on, and counts the
 * faults that were really made.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const faults: Record<string, number> = {};
  const answered: Record<string, number> = {};
  const found = {
    leaks: [] as string[],
    doubleGrants: [] as string[],
    unexplained: [] as string[]
  };
  let begun = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (begun < options.faults) {
      const count = Math.min(RUN_FAULTS, options.faults - begun);
      const seed = options.seed + begun / RUN_FAULTS;
      begun += count;
      const report = await runOnce(seed, count);
      add(faults, report.faults);
      add(answered, report.answered);
      found.leaks.push(...report.leaks);
      found.doubleGrants.push(...report.doubleGrants);
      found.unexplained.push(...report.unexplained);
      done += Object.values(report.faults).reduce((a, b) => a + b, 0);
      options.onRun?.(done, [...report.leaks, ...report.doubleGrants, ...report.unexplained]);
    }
  };
  await Promise.all(Array.from({ length: options.lanes }, lane));
  return { n: done, faults, answered, ...found };
}
