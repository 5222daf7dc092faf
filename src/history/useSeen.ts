import * as React from 'react';

import type { TimeSpan } from './client';
import { keyed, kept, zoomed } from './window';

/** The visible part of a range, and what moves it. */
export type Seen = {
  readonly span: TimeSpan;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onKeyDown: (event: React.KeyboardEvent) => void;
  /** Show so many times less of it. */
  readonly zoomBy: (factor: number) => void;
  readonly showAll: () => void;
};

/** Follow the visible part of a range; all of it, and what it grows by, until it is zoomed. */
export function useSeen(range: TimeSpan): Seen {
  const [chosen, choose] = React.useState<TimeSpan | null>(null);
  const span = chosen ? kept(chosen, range) : range;
  const show = (next: TimeSpan): void => choose(isAll(next, range) ? null : next);
  return {
    span,
    onZoom: (fromMs, toMs) => show(kept({ fromMs, toMs }, range)),
    onKeyDown: event => {
      const next =
        event.ctrlKey || event.metaKey || event.altKey ? null : keyed(event.key, span, range);
      if (next) {
        event.preventDefault();
        show(next);
      }
    },
    zoomBy: factor => show(kept(zoomed(span, factor), range)),
    showAll: () => choose(null)
  };
}

/** Whether nothing of a range is hidden, to the ms. */
function isAll(span: TimeSpan, range: TimeSpan): boolean {
  return span.fromMs - range.fromMs < 1 && range.toMs - span.toMs < 1;
}
