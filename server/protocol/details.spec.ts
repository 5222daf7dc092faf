import { detailInWords, type Detail } from './details';
import { ENGLISH, englishOf } from './phrases';

const GIB = 1024 ** 3;

describe('detailInWords', () => {
  it.each<[Detail, string]>([
    ['8 GiB', '8 GiB'],
    [4, '4'],
    [{ kind: 'cpus', count: 1, isExclusive: false }, '1 CPU'],
    [{ kind: 'memory', bytes: 20 * GIB }, '20 GiB'],
    [{ kind: 'gpus', count: 2, eachBytes: null }, '2 GPUs'],
    [{ kind: 'runtime', group: 'a', mostMs: 60_000 }, 'cells of group a may run for at most 60 s'],
    [{ kind: 'awaited', what: 'cpus' }, 'CPUs'],
    [{ kind: 'awaited', what: 'sidecar' }, 'the restarted sidecar'],
    [
      { kind: 'kept', bytes: 3 * GIB, limitBytes: 4 * GIB },
      ' Its kernel kept 3 GiB from earlier cells.'
    ],
    [{ kind: 'none' }, 'none of that'],
    [{ kind: 'exclusive', count: 3 }, 'true with 3 CPUs'],
    [{ kind: 'lendable', count: 3, of: 4 }, '3 that may be exclusive (of 4)'],
    [{ kind: 'grantable', bytes: 8 * GIB, ofBytes: 8 * GIB, reserveBytes: 0 }, '8 GiB'],
    [
      { kind: 'grantable', bytes: 7 * GIB, ofBytes: 8 * GIB, reserveBytes: GIB },
      '7 GiB (8 GiB less a reserve of 1 GiB)'
    ],
    [
      { kind: 'grantable', bytes: 22.58 * GIB, ofBytes: 23.58 * GIB, reserveBytes: GIB },
      '22.5 GiB (23.5 GiB less a reserve of 1 GiB)'
    ],
    [{ kind: 'together', count: 0 }, '0 that a process can use with others'],
    [{ kind: 'ofModel', count: 1 }, '1 of that model'],
    [{ kind: 'numbered', gpus: [{ uuid: 'GPU-a', index: 1 }] }, 'GPU 1']
  ])('[API7] says of %j: %s', (detail, words) => {
    expect(detailInWords(detail, ENGLISH)).toBe(words);
  });

  it('[HOLD1] [MEM3] says what a holder had from before that has no earlier cells', () => {
    const kept: Detail = { kind: 'kept', bytes: GIB, limitBytes: 2 * GIB };
    expect(detailInWords(kept, englishOf('command'))).toBe(' It had 1 GiB from before.');
  });
});
