import { Stage } from '../server/testing/stage';
import { barOf, barOfRounds, defineBars, type Bar } from './bar';
import type { Result } from './bench';
import { count, type Chosen } from './options';
import { answerOf } from './python';
import { median, quantilesOf, rounded, type Quantiles } from './statistics';

/** Round trips of a kind in a row: some 50 ms, so that what else a machine does meets all alike. */
const BLOCK = 10;

export const BARS = defineBars({
  plainRatioP50: {
    name: 'an untagged pass cell over the same without Cellgrant',
    unit: 'x',
    bound: 1.05,
    better: 'lower'
  },
  askingRatioP50: {
    name: 'a pass cell with a hint over the same without Cellgrant',
    unit: 'x',
    bound: 1.1,
    better: 'lower'
  },
  addedP50Ms: { name: 'added to an untagged cell, p50', unit: 'ms', bound: 0.3, better: 'lower' },
  addedP99Ms: { name: 'added to an untagged cell, p99', unit: 'ms', bound: 2, better: 'lower' }
});

export const OPTIONS = { n: count('round trips of each kind, rounded up to tens', 1000, 200) };

/** The round trips of each kind in ms: of each block in turn, those of the other kinds beside it. */
export type Spans = Readonly<Record<'plain' | 'gated' | 'asking', readonly (readonly number[])[]>>;

/** What the gate adds to a `pass` cell. */
export type Overhead = Result & {
  /** Round trips of each kind. */
  readonly n: number;
  /** The difference of the quantiles, in ms. */
  readonly addedMs: Quantiles;
  /** The same for a cell with a hint, which waits for its grant. */
  readonly addedByAskingMs: Quantiles;
};

/**
 * Measure plain against gated round trips, in alternating blocks of one run.
 *
 * #### Notes
 * The client is overhead.py, for Jupyter's clients are Python. A ratio is that of the medians of
 * two blocks beside each other, and its bar the median over all blocks.
 */
export async function run({ n }: Chosen<typeof OPTIONS>): Promise<Overhead> {
  const stage = new Stage();
  try {
    const blocks = Math.ceil(n / BLOCK);
    const spans = await answerOf('overhead.py', [blocks, BLOCK], await stage.sidecar());
    return overheadOf(spans as Spans);
  } finally {
    await stage.clear();
  }
}

/** What these round trips come to. */
export function overheadOf({ plain, gated, asking }: Spans): Overhead {
  const [plainMs, gatedMs, askingMs] = [plain, gated, asking].map(it => quantilesOf(it.flat(), 3));
  const addedMs = difference(gatedMs!, plainMs!);
  return {
    bars: [
      ratioBar(BARS.plainRatioP50, gated, plain),
      ratioBar(BARS.askingRatioP50, asking, plain),
      barOf(BARS.addedP50Ms, addedMs.p50),
      barOf(BARS.addedP99Ms, addedMs.p99)
    ],
    rows: [
      { cell: 'untagged, without Cellgrant', ...plainMs },
      { cell: 'untagged', ...gatedMs },
      { cell: 'with a hint', ...askingMs }
    ],
    n: plain.flat().length,
    addedMs,
    addedByAskingMs: difference(askingMs!, plainMs!)
  };
}

function ratioBar(
  bar: (typeof BARS)['plainRatioP50'],
  blocks: Spans['gated'],
  plain: Spans['plain']
): Bar {
  const ratios = blocks.map((block, at) => median(block) / median(plain[at]!));
  return barOfRounds(bar, ratios);
}

function difference(more: Quantiles, less: Quantiles): Quantiles {
  return { p50: rounded(more.p50 - less.p50, 3), p99: rounded(more.p99 - less.p99, 3) };
}
