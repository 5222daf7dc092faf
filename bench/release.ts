import { Stage } from '../server/testing/stage';
import { barOf, defineBars, type Bar } from './bar';
import { answerOf } from './python';
import { quantilesOf, type Quantiles } from './statistics';

export const RELEASE_BARS = defineBars({
  releaseMs: {
    name: 'start of a cell that waited, after the reply of the one before, p99',
    unit: 'ms',
    bound: 50,
    better: 'lower'
  },
  killReleaseMs: {
    name: 'the same after kill -9 of the kernel before, p99',
    unit: 'ms',
    bound: 2000,
    better: 'lower'
  }
});

/** How soon a waiting cell runs, on real kernels. */
export type Releases = {
  /** From the reply of the cell before it, as its client hears it; below 0 where it runs before that. */
  readonly releaseMs: Quantiles;
  /** From `kill -9` of the kernel before it. */
  readonly killReleaseMs: Quantiles;
};

/** Let one kernel wait for the other, many times over; the clients are release.py. */
export async function timeReleases(rounds: number, kills: number): Promise<Releases> {
  const stage = new Stage();
  try {
    const answer = await answerOf('release.py', [rounds, kills], await stage.sidecar());
    const { releaseMs, killReleaseMs } = answer as Record<keyof Releases, number[]>;
    return { releaseMs: quantilesOf(releaseMs, 1), killReleaseMs: quantilesOf(killReleaseMs, 1) };
  } finally {
    await stage.clear();
  }
}

export function releaseBarsOf({ releaseMs, killReleaseMs }: Releases): readonly Bar[] {
  return [
    barOf(RELEASE_BARS.releaseMs, releaseMs.p99),
    barOf(RELEASE_BARS.killReleaseMs, killReleaseMs.p99)
  ];
}
