import type { TimeSpan } from './client';

/** The visible part of a range is at least this long, in ms. */
const LENGTH_MIN_MS = 1000;

/** Keep a visible span within its range, and long enough. */
export function kept({ fromMs, toMs }: TimeSpan, range: TimeSpan): TimeSpan {
  const whole = range.toMs - range.fromMs;
  const length = Math.min(Math.max(toMs - fromMs, LENGTH_MIN_MS), whole);
  const from = Math.min(Math.max(fromMs, range.fromMs), range.toMs - length);
  return { fromMs: from, toMs: from + length };
}

/** Show `1 / factor` as much, around the middle. */
export function zoomed({ fromMs, toMs }: TimeSpan, factor: number): TimeSpan {
  const [middle, half] = [(fromMs + toMs) / 2, (toMs - fromMs) / 2 / factor];
  return { fromMs: middle - half, toMs: middle + half };
}

/** Move by a part of what is visible; a negative part moves into the past. */
function moved({ fromMs, toMs }: TimeSpan, part: number): TimeSpan {
  const byMs = (toMs - fromMs) * part;
  return { fromMs: fromMs + byMs, toMs: toMs + byMs };
}

/** What a key does to the visible span, within the range; null for a key that means nothing. */
export function keyed(key: string, seen: TimeSpan, range: TimeSpan): TimeSpan | null {
  const length = seen.toMs - seen.fromMs;
  switch (key) {
    case 'ArrowLeft':
      return kept(moved(seen, -0.2), range);
    case 'ArrowRight':
      return kept(moved(seen, 0.2), range);
    case '+':
    case '=':
      return kept(zoomed(seen, 2), range);
    case '-':
      return kept(zoomed(seen, 0.5), range);
    case 'Home':
      return kept({ fromMs: range.fromMs, toMs: range.fromMs + length }, range);
    case 'End':
      return kept({ fromMs: range.toMs - length, toMs: range.toMs }, range);
    case '0':
      return range;
    default:
      return null;
  }
}
