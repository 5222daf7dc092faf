import { nullTranslator } from '@jupyterlab/translation';

import { KernelMarks } from '../arbiter/kernelMarks';
import { GIB, gpu, kernel, node } from '../testing/facts';
import { cpuParts, gpuParts, memoryParts } from './bars';

const trans = nullTranslator.load('jupyterlab_cellgrant');
const marks = new KernelMarks().of(['k1', 'k2']);

describe('bars', () => {
  const grant = { cpus: '0-1', threads: 2, memoryBytes: 9 * GIB, gpus: [] };
  const kernels = [kernel({ grant }), kernel({ id: 'k2', cpusBusy: 1 })];

  it('draws pinned CPUs solid, and shared ones in use hatched', () => {
    const parts = cpuParts(trans, node(), kernels, marks);
    expect(parts.map(part => [part.letter, part.share, part.hatched])).toEqual([
      ['A', 0.5, false],
      ['B', 0.25, true]
    ]);
  });

  it("[SEC1] calls processes of other users' kernels by their users alone", () => {
    const process = { name: 'ann', pid: 0, memoryBytes: GIB, owner: 'ann', leased: true };
    const processes = ['a', 'b'].map(holderId => ({ ...process, holderId }));
    const parts = gpuParts(trans, gpu({ processes }), marks);
    expect(new Set(parts.map(it => it.key)).size).toBe(2);
    expect(parts.map(it => it.title)).toEqual(['ann: 1 GiB', 'ann: 1 GiB']);
  });

  it('leaves room for the reserve, whatever else the machine does', () => {
    const parts = memoryParts(trans, node({ memoryOthersBytes: 40 * GIB }), kernels, marks);
    const shares = Object.fromEntries(parts.map(part => [part.key, part.share * 16]));
    expect(shares).toEqual({
      'k1 held': 1,
      'k1 promised': 8,
      'k2 held': 1,
      'k2 promised': 0,
      other: 5,
      reserve: 1
    });
  });
});
