import type { TimeSpan } from '../history/client';
import type { Row } from './rows';
import type { Span } from './spans';

/** How a mark looks, by shape and not by colour alone. */
export type Look = 'waiting' | 'running' | 'done' | 'failed' | 'unrun';

/** What is drawn: one execution, or several that are too close together to be told apart. */
export type Mark = {
  readonly look: Look;
  readonly startMs: number;
  /** Where the wait ends and the run begins. */
  readonly grantedMs: number;
  readonly endMs: number;
  /** What it stands for, at least one, in the order of arrival. */
  readonly spans: readonly Span[];
};

/** Executions that end up closer than this are drawn as one, in pixels. */
const APART_PIXELS = 2;

/**
 * What of each row is seen in a span of time, in the order of arrival.
 *
 * #### Notes
 * Bounded by the pixels of a row, not by the executions: thousands of them stay fluent.
 * `nowMs` is where those end that wait or run.
 */
export function marksOf(
  rows: readonly Row[],
  seen: TimeSpan,
  pixels: number,
  nowMs: number
): readonly (readonly Mark[])[] {
  const apartMs = ((seen.toMs - seen.fromMs) / Math.max(1, pixels)) * APART_PIXELS;
  return rows.map(({ spans }) => {
    const marks: Mark[] = [];
    for (const span of spans) {
      const mark = markOf(span, nowMs);
      if (mark.endMs < seen.fromMs || mark.startMs > seen.toMs) {
        continue;
      }
      const last = marks.at(-1);
      if (last && isMerged(last, mark, apartMs)) {
        marks[marks.length - 1] = merged(last, mark);
      } else {
        marks.push(mark);
      }
    }
    return marks;
  });
}

function markOf(span: Span, nowMs: number): Mark {
  const endMs = span.endedMs ?? Math.max(nowMs, span.arrivedMs);
  return {
    look: lookOf(span),
    startMs: span.arrivedMs,
    grantedMs: span.grantedMs ?? endMs,
    endMs,
    spans: [span]
  };
}

/** How one execution looks. */
export function lookOf({ outcome, grantedMs }: Span): Look {
  if (outcome === null) {
    return grantedMs === null ? 'waiting' : 'running';
  }
  if (grantedMs === null) {
    return 'unrun';
  }
  return outcome === 'ok' ? 'done' : 'failed';
}

/** Both are narrow and close together, and neither goes on. */
function isMerged(last: Mark, next: Mark, apartMs: number): boolean {
  const isNarrow = next.endMs - next.startMs < apartMs && next.look !== 'running';
  const wasNarrow = last.spans.length > 1 || last.endMs - last.startMs < apartMs;
  return isNarrow && wasNarrow && next.startMs - last.endMs < apartMs;
}

/** Spans are added in place: a row may have thousands. */
function merged(last: Mark, next: Mark): Mark {
  const spans = last.spans.length > 1 ? (last.spans as Span[]) : [...last.spans];
  spans.push(...next.spans);
  const look = [last.look, next.look].includes('failed') ? 'failed' : next.look;
  return { ...last, look, endMs: Math.max(last.endMs, next.endMs), spans };
}

/**
 * The mark at a moment, or the closest one within a tolerance; null for none.
 *
 * @param apartMs - The tolerance.
 */
export function markAt(marks: readonly Mark[], atMs: number, apartMs: number): Mark | null {
  const distance = ({ startMs, endMs }: Mark): number => Math.max(startMs - atMs, atMs - endMs, 0);
  const near = marks.filter(mark => distance(mark) <= apartMs);
  return near.sort((a, b) => distance(a) - distance(b))[0] ?? null;
}
