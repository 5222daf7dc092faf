import { NOW_MS } from '../testing/facts';
import { executed } from '../testing/past';
import { lookOf, markAt, marksOf } from './marks';
import { rowsOf } from './rows';
import { type Span, spanOf } from './spans';

/** `n` executions of 10 ms each second. */
function brief(n: number): Span[] {
  return Array.from({ length: n }, (_, i) => {
    const arrivedMs = i * 1000;
    return spanOf(
      executed({ row: i + 1, arrivedMs, grantedMs: arrivedMs, endedMs: arrivedMs + 10 })
    );
  });
}

describe('[UI10] the marks of a timeline', () => {
  it('are as many as pixels can show, and stand for all executions', () => {
    const rows = rowsOf(brief(10_000), [], new Map());
    const [marks = []] = marksOf(rows, { fromMs: 0, toMs: 10_000_000 }, 800, 10_000_000);
    expect(marks.length).toBeLessThanOrEqual(800);
    expect(marks.reduce((sum, { spans }) => sum + spans.length, 0)).toBe(10_000);
  });

  it('are told apart when there is room', () => {
    const rows = rowsOf(brief(10_000), [], new Map());
    const [marks = []] = marksOf(rows, { fromMs: 0, toMs: 9500 }, 800, 10_000_000);
    expect(marks).toHaveLength(10);
    expect(marks.every(({ spans }) => spans.length === 1)).toBe(true);
  });

  it('show that one of those that are drawn as one has failed', () => {
    const [first, second, third] = brief(3);
    const rows = rowsOf([first!, { ...second!, outcome: 'error' }, third!], [], new Map());
    const [marks] = marksOf(rows, { fromMs: 0, toMs: 1e9 }, 800, 1e9);
    expect(marks).toMatchObject([{ look: 'failed', startMs: 0, endMs: 2010 }]);
  });

  it('reach to now where a cell waits or runs', () => {
    const running = { ...brief(1)[0]!, endedMs: null, outcome: null };
    const rows = rowsOf([running], [], new Map());
    expect(marksOf(rows, { fromMs: 0, toMs: NOW_MS }, 800, NOW_MS)).toMatchObject([
      [{ look: 'running', endMs: NOW_MS }]
    ]);
  });

  it('are found at a moment, or near it', () => {
    const [marks = []] = marksOf(
      rowsOf(brief(3), [], new Map()),
      { fromMs: 0, toMs: 3000 },
      800,
      0
    );
    expect(markAt(marks, 1005, 0)?.startMs).toBe(1000);
    expect(markAt(marks, 1900, 200)?.startMs).toBe(2000);
    expect(markAt(marks, 1500, 200)).toBeNull();
  });

  it('look different for each end', () => {
    const span = brief(1)[0]!;
    expect(lookOf(span)).toBe('done');
    expect(lookOf({ ...span, outcome: 'died' })).toBe('failed');
    expect(lookOf({ ...span, outcome: 'refused', grantedMs: null })).toBe('unrun');
    expect(lookOf({ ...span, outcome: null, endedMs: null })).toBe('running');
    expect(lookOf({ ...span, outcome: null, endedMs: null, grantedMs: null })).toBe('waiting');
  });
});
