import * as React from 'react';

import { KernelMarks } from '../arbiter/kernelMarks';
import { draw, erase, trans } from '../testing/draw';
import { GIB, kernel, node } from '../testing/facts';
import { Bar } from './Bar';
import { type BarPart, drawnParts } from './barParts';
import { memoryParts } from './bars';

const part = (key: string, share: number, its: Partial<BarPart> = {}): BarPart => ({
  key,
  share,
  series: 0,
  title: key,
  ...its
});

const shares = (parts: readonly BarPart[]): [string, number][] =>
  drawnParts(parts).map(it => [it.key, Number(it.share.toFixed(6))]);

describe('drawnParts', () => {
  afterEach(erase);

  it('draws many tiny parts as one that is as wide as they are, and leaves the others', () => {
    const tiny = Array.from({ length: 13 }, (_, i) => part(`idle${i}`, 0.002));
    const drawn = shares([...tiny.slice(0, 5), part('big', 0.6), ...tiny.slice(5)]);
    expect(drawn).toEqual([
      ['big', 0.6],
      ['together', 0.026]
    ]);
    expect(drawnParts(tiny)[0]!.title.split('\n')).toHaveLength(13);
  });

  it('leaves a tiny part that is alone, and what has a role of its own', () => {
    const alarm = part('stranger', 0.001, { series: 'alarm' });
    const reserve = part('reserve', 0.01, { series: 'reserve' });
    expect(shares([part('a', 0.001), alarm, reserve])).toEqual([
      ['a', 0.001],
      ['stranger', 0.001],
      ['reserve', 0.01]
    ]);
    expect(shares([part('a', 0), part('b', 0.5)])).toEqual([['b', 0.5]]);
  });

  it('is hatched where all of them are', () => {
    const hatched = part('a', 0.001, { hatched: true });
    expect(drawnParts([hatched, hatched])[0]!.hatched).toBe(true);
    expect(drawnParts([hatched, part('b', 0.001)])[0]!.hatched).toBe(false);
  });

  it('never makes a bar wider than it is', () => {
    expect(shares([part('a', 1.5), part('b', 0.5)])).toEqual([
      ['a', 0.75],
      ['b', 0.25]
    ]);
  });

  it('draws the memory of a big node with 40 small kernels to scale', () => {
    const kernels = Array.from({ length: 40 }, (_, i) =>
      kernel({ id: `k${i}`, memoryBytes: GIB / 16 })
    );
    const big = node({ memoryBytes: 256 * GIB, memoryReserveBytes: 16 * GIB });
    const marks = new KernelMarks().of(kernels.map(it => it.id));
    const parts = memoryParts(trans, big, kernels, marks);
    const host = draw(<Bar label={trans.__('Memory')} parts={parts} />);
    const widths = [...host.querySelectorAll<HTMLElement>('.cg-Bar-part')].map(it =>
      parseFloat(it.style.width)
    );
    expect(widths).toHaveLength(2);
    expect(widths[0]).toBeCloseTo((2.5 / 256) * 100);
    expect(widths[1]).toBeCloseTo((16 / 256) * 100);
  });
});
