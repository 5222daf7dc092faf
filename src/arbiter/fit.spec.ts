import { type Ask, NOTHING_ASKED } from '../../server/protocol/ask';
import type { Resource } from '../../server/protocol/view';
import { GIB, gpu, kernel, node, running, snapshot } from '../testing/facts';
import { type Fit, fitOf } from './fit';

const held = { pid: 7, name: 'python', memoryBytes: 60 * GIB, owner: 'bo', leased: true };
const leased = gpu({ leasedTo: ['k2'], processes: [{ ...held, kernelId: 'k2' }] });
const slice = gpu({ uuid: 'MIG-1' });

const never = (resource: Resource, most: number): Fit => ({ kind: 'never', resource, most });

describe('fit', () => {
  const free = snapshot();
  const full = snapshot({ node: node({ memoryGrantedBytes: 10 * GIB, gpus: [leased] }) });
  const sliced = snapshot({ node: node({ gpus: [slice, slice] }) });
  const place = { gpu: 'GPU-1', gpuInstance: 1 };
  const mates = [
    { ...leased, uuid: 'MIG-1', slice: { ...place, computeInstance: 0 } },
    gpu({ uuid: 'MIG-2', slice: { ...place, computeInstance: 1 } })
  ];
  const sharing = snapshot({ node: node({ gpus: mates }) });
  const grant = { cpus: null, threads: null, memoryBytes: null, gpus: ['GPU-1'] };
  const whole = { ...full, claims: [running({ kernelId: 'k2', grant })] };

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
      { kind: 'never', resource: 'memory', most: 15 * GIB }
    ],
    ['too many CPUs', { cpus: { kind: 'fixed', n: 5 } }, free, never('cpus', 4)],
    ['a GPU where there is none', { gpus: 1 }, free, never('gpus', 0)],
    ['a leased GPU', { gpus: 1 }, full, { kind: 'waits', resource: 'gpus' }],
    ['a part of a leased GPU', { gpus: 1, gpuMemoryBytes: 80 * GIB }, full, { kind: 'now' }],
    [
      'a part that another keeps',
      { gpus: 1, gpuMemoryBytes: 90 * GIB },
      full,
      { kind: 'waits', resource: 'gpus' }
    ],
    [
      'a part of one leased whole',
      { gpus: 1, gpuMemoryBytes: GIB },
      whole,
      { kind: 'waits', resource: 'gpus' }
    ],
    ['a MIG slice', { gpus: 1 }, sliced, { kind: 'now' }],
    ['two MIG slices', { gpus: 2 }, sliced, never('gpus', 0)],
    ['a slice beside one leased whole', { gpus: 1 }, sharing, { kind: 'now' }],
    [
      'memory that slices share',
      { gpus: 1, gpuMemoryBytes: 90 * GIB },
      sharing,
      { kind: 'waits', resource: 'gpus' }
    ],
    ['another model', { gpus: 1, gpuModel: 'a100' }, full, never('gpus', 0)],
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
