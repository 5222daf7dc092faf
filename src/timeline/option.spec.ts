import { svgOf } from '../history/charting';
import { kernel, NOW_MS } from '../testing/facts';
import { executed, PALETTE } from '../testing/past';
import { withoutCanvas } from '../testing/canvas';
import { trans } from '../testing/draw';
import { marksOf } from './marks';
import { timelineOption } from './option';
import { rowsOf } from './rows';
import { type Span, spanOf } from './spans';

beforeAll(withoutCanvas);

const range = { fromMs: NOW_MS - 60_000, toMs: NOW_MS };

const size = { width: 800, height: 300 };

function optionOf(spans: readonly Span[]): ReturnType<typeof timelineOption> {
  const rows = rowsOf(spans, [kernel()], new Map());
  const marks = marksOf(rows, range, 600, NOW_MS);
  return timelineOption({
    ...{ trans, rows, marks, range, seen: range, nowMs: NOW_MS, palette: PALETTE },
    ...{ ...size, pointed: () => marks[0]![0]! }
  });
}

/** What ECharts draws of these, as SVG. */
const drawn = (spans: readonly Span[]): string => svgOf(optionOf(spans), size.width, size.height);

const count = (svg: string, part: RegExp): number => [...svg.matchAll(part)].length;

describe('[UI10] the timeline as drawn', () => {
  const done = spanOf(executed());

  it('has a dashed line for a wait and a bar for a run', () => {
    const svg = drawn([done]);
    expect(count(svg, /stroke="#b84800" stroke-width="3" stroke-dasharray="4,3"/g)).toBe(1);
    expect(count(svg, /fill="#2b7330"/g)).toBe(1);
    expect(svg).toContain('work.ipynb');
  });

  it('has no wait where there was none', () => {
    const svg = drawn([{ ...done, grantedMs: done.arrivedMs }]);
    expect(svg).not.toContain('stroke-dasharray="4,3"');
  });

  it('marks what failed by a shape, too', () => {
    expect(drawn([done])).not.toContain('stroke="#b3261e"');
    const svg = drawn([{ ...done, outcome: 'error' }]);
    expect(count(svg, /stroke="#b3261e"/g)).toBe(1);
    expect(count(svg, /fill="#b3261e"/g)).toBe(1);
  });

  it('has the names of others as text only', () => {
    const svg = drawn([{ ...done, holderId: 'x', holderName: '<script>x' }]);
    expect(svg).toContain('&lt;script&gt;x');
    expect(svg).not.toContain('<script>');
  });

  it('says on hover who ran what, as text only', () => {
    const { tooltip } = optionOf([{ ...done, label: '<b>' }]) as {
      tooltip: { formatter: () => HTMLElement };
    };
    const card = tooltip.formatter();
    expect(card.querySelector('b')).toBeNull();
    expect(card.textContent).toContain('work.ipynb ▸ <b>, of ana');
    expect(card.textContent).toContain('done: waited 1 s, ran 4 s');
    expect(card.textContent).toContain('used 2 CPUs, 3 GiB');
  });
});
