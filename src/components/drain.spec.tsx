import * as React from 'react';

import type { Badge } from '../arbiter/badge';
import { KernelMarks } from '../arbiter/kernelMarks';
import { draw, erase, keepersTo, trans } from '../testing/draw';
import { node, NOW_MS, snapshot, waiting } from '../testing/facts';
import { CellBadge } from './CellBadge';
import { NodeSection } from './NodeSection';

const drain = { by: 'ann', why: 'a reboot', sinceMs: NOW_MS };
const claim = waiting({ reason: { kind: 'drained', resource: 'cpus', blockers: [], drain } });
const ignore = (): void => undefined;
const common = {
  trans,
  paths: new Map(),
  nowMs: NOW_MS,
  onCancel: ignore,
  onMoveUp: ignore,
  onReveal: ignore,
  keepers: keepersTo([])
};

function badge(its: Badge): string {
  const more = { onEdit: ignore, keeper: null, place: 'row' } as const;
  return draw(<CellBadge {...common} {...more} badge={its} />).textContent!;
}

function nodeText(shown: ReturnType<typeof node>): string {
  const marks = new KernelMarks().of([]);
  const its = { snapshot: snapshot({ node: shown }), marks, history: [] };
  return draw(<NodeSection {...common} {...its} />).textContent!;
}

describe('a drained node', () => {
  afterEach(erase);

  it('[ADMIN2] is a notice to everybody, with who drains it and why', () => {
    expect(nodeText(node({ drain }))).toContain(
      'ann is draining this node (a reboot): running cells go on, new ones wait.'
    );
    expect(nodeText(node())).not.toContain('draining');
  });

  it('[ADMIN2] [UI1] is what a cell waits for, and the cells behind it', () => {
    const text = badge({ kind: 'waiting', claim });
    expect(text).toContain('waiting: the node is being drained');
    expect(text).toContain('because the node is being drained by ann: a reboot');
    expect(badge({ kind: 'behind', first: claim })).toContain('waits: the node is being drained');
  });
});
