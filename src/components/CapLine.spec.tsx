import * as React from 'react';

import type { CapView } from '../../server/protocol/groupView';
import { draw, erase, trans } from '../testing/draw';
import { GIB } from '../testing/facts';
import { CapLine } from './CapLine';

function said(cap: CapView): string {
  return draw(<CapLine trans={trans} paths={new Map()} cap={cap} />).textContent!;
}

describe('CapLine', () => {
  afterEach(erase);

  it('[CAP1] [ADMIN7] shows whose caps they are, and how much of each is taken', () => {
    const group: CapView = {
      group: 'atlas',
      user: null,
      order: { owner: null, by: 'root', why: 'a course', sinceMs: 0 },
      caps: [{ what: 'gpus', used: 2, most: 4 }]
    };
    expect(said(group)).toBe('the group atlas 2 of 4 GPUs · ordered by root: a course');
    const user: CapView = {
      group: 'all',
      user: 'ann',
      order: null,
      caps: [
        { what: 'kernels', used: 1, most: 3 },
        { what: 'cells', used: 0, most: 1 },
        { what: 'memory', used: 1.5 * GIB, most: 100 * GIB },
        { what: 'cpus', used: 2, most: 6.5 }
      ]
    };
    expect(said(user)).toBe(
      'ann 1 of 3 kernels · 0 of 1 running cell · 1.5 of 100 GiB of memory · 2 of 6.5 CPUs'
    );
  });
});
