import { type Ask, NOTHING_ASKED } from '../../server/protocol/ask';
import type { GpuView } from '../../server/protocol/view';
import { GIB, kernel, node, snapshot } from '../testing/facts';
import { fitOf } from './fit';

const gpu: GpuView = {
  uuid: 'GPU-1',
  index: 0,
  model: 'NVIDIA H200',
  memoryBytes: 140 * GIB,
  memoryUsedBytes: 60 * GIB,
  utilisation: 0,
  temperatureC: null,
  powerW: null,
  leasedTo: ['k2'],
  processes: []
};

describe('fit', () => {
  const free = snapshot();
  const full = snapshot({ node: node({ memoryGrantedBytes: 10 * GIB, gpus: [gpu] }) });

  it.each<[string, Partial<Ask>, typeof free, unknown]>([
    ['nothing', {}, free, { kind: 'now' }],
    ['free memory', { memoryBytes: 14 * GIB }, free, { kind: 'now' }],
    [
      'memory that others hold',
      { memoryBytes: 6 * GIB },
      full,
      { kind: 'waits', resource: 'memory' }
    ],
    [
      'all memory with the reserve',
      { memoryBytes: 16 * GIB },
      free,
      { kind: 'never', resource: 'memory' }
    ],
    ['too many CPUs', { cpus: { kind: 'fixed', n: 5 } }, free, { kind: 'never', resource: 'cpus' }],
    ['a GPU where there is none', { gpus: 1 }, free, { kind: 'never', resource: 'gpus' }],
    ['a leased GPU', { gpus: 1 }, full, { kind: 'waits', resource: 'gpus' }],
    ['a part of a leased GPU', { gpus: 1, gpuMemoryBytes: 80 * GIB }, full, { kind: 'now' }],
    ['another model', { gpus: 1, gpuModel: 'a100' }, full, { kind: 'never', resource: 'gpus' }],
    ['exclusive CPUs', { exclusive: true }, free, null]
  ])('looks ahead for %s', (_, ask, at, expected) => {
    expect(fitOf({ ...NOTHING_ASKED, ...ask }, at, null)).toEqual(expected);
  });

  it('[MEM1] does not hold against a kernel what it keeps itself', () => {
    const own = kernel({ memoryBytes: 4 * GIB });
    const at = snapshot({ node: node({ memoryGrantedBytes: 10 * GIB }), kernels: [own] });
    const ask = { ...NOTHING_ASKED, memoryBytes: 8 * GIB };
    expect(fitOf(ask, at, 'k1')).toEqual({ kind: 'now' });
    expect(fitOf(ask, at, 'k9')).toEqual({ kind: 'waits', resource: 'memory' });
  });
});
