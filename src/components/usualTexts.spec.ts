import { trans } from '../testing/draw';
import { GIB, lastRun, usual } from '../testing/facts';
import { usualTexts } from './usualTexts';

describe('[UI14] what a cell usually needs', () => {
  it('is what it used last, and how that ended where it ended otherwise', () => {
    expect(usualTexts(trans, usual(), null)).toEqual(['Last time: 3 GiB, 2 CPUs, 4 s.']);
    const last = lastRun({ outcome: 'interrupted', cpusPeak: 1, memoryPeakBytes: null });
    expect(usualTexts(trans, usual({ last }), null)).toEqual([
      'Last time (interrupted): 1 CPU, 4 s.'
    ]);
  });

  it('is what is predicted, with what it is made from', () => {
    const predicted = {
      cpus: { amount: 1.8, level: 'source', runs: 5 },
      memoryBytes: { amount: 2.1 * GIB, level: 'source', runs: 5 },
      gpuMemoryBytes: { amount: GIB, level: 'notebook', runs: 9 }
    } as const;
    const takes = { fromMs: 36_000, toMs: 41_000, runs: 3 };
    expect(usualTexts(trans, { last: null, predicted, takes }, null)).toEqual([
      'Expected: 2.1 GiB, 1.8 CPUs (5 past runs of this cell); ' +
        '1 GiB VRAM (9 past runs in this notebook); usually 35–45 s.'
    ]);
  });

  it('is nothing where nothing is known', () => {
    expect(usualTexts(trans, { last: null, predicted: null, takes: null }, null)).toEqual([]);
  });
});
