import { withoutCanvas } from '../testing/canvas';
import { trans } from '../testing/draw';
import { GIB, NOW_MS } from '../testing/facts';
import { PALETTE, series } from '../testing/past';
import { svgOf } from './charting';
import { plotsOf, plotsOption } from './plots';

beforeAll(withoutCanvas);

const range = { fromMs: NOW_MS - 60_000, toMs: NOW_MS };

describe('[UI11] plots of the past', () => {
  it('are those of which something was recorded', () => {
    const titles = plotsOf(trans, series()).map(plot => [plot.title, plot.lines.length]);
    expect(titles).toEqual([
      ['CPUs busy', 2],
      ['Memory', 1]
    ]);
    expect(plotsOf(trans, series({ values: { cpusBusy: [null, null, null, null] } }))).toEqual([]);
  });

  it('have lines of different dashes, a gap where nothing was recorded, and units', () => {
    const scene = { trans, series: series(), range, seen: range, height: 400, palette: PALETTE };
    const option = plotsOption(scene);
    const svg = svgOf(option, 800, 400);
    expect(svg).toContain('CPUs busy');
    expect(svg).toMatch(/stroke="#0b61b5"[^>]*stroke-dasharray/);
    expect(svg).toContain('GiB');
    const [cpus] = option['series'] as { data: (readonly [number, number | null])[] }[];
    expect(cpus!.data[2]).toEqual([NOW_MS - 20_000, null]);
  });

  it('show GPUs where there are some', () => {
    const values = { gpuUtilisation: [0.5, 1, 0, 0], gpuMemoryBytes: [GIB, GIB, GIB, GIB] };
    const plots = plotsOf(trans, series({ values }));
    expect(plots.map(plot => plot.title)).toEqual(['GPU use', 'GPU memory']);
    expect(plots[0]!.format(0.5)).toBe('50 %');
  });
});
