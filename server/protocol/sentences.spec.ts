import type { Blocker, Reason, WaitFact } from './facts';
import { ENGLISH, englishOf, type Speaker } from './phrases';
import { waitInWords } from './sentences';

const GIB = 1024 ** 3;
const gpu = { uuid: 'GPU-0', index: 0 };
const [memory, part] = [
  { kind: 'memory', bytes: 12 * GIB },
  { kind: 'gpus', count: 2, eachBytes: 40 * GIB }
] as const;
const stranger = {
  gpu,
  bytes: 2 * GIB,
  pid: 7,
  name: 'python',
  owner: 'eve',
  more: 0
};

function blocker(holderName: string, holds: Blocker['holds']): Blocker {
  return {
    holderId: holderName,
    holderName,
    owner: 'ann',
    claimId: null,
    label: null,
    sinceMs: 0,
    holds,
    keepsGpuBytes: 0
  };
}

const reasonOf = (fact: WaitFact, blockers: readonly Blocker[] = []): Reason => ({
  ...fact,
  resource: 'memory',
  blockers
});

/** One of each kind at least, and of each kind that a compiler cannot forget. */
const GOLDEN: Record<WaitFact['kind'], readonly (readonly [Reason, string])[]> = {
  held: [
    [
      reasonOf({ kind: 'held', need: memory, more: 2, rests: [], othersBytes: null }, [
        blocker('a', { kind: 'memory', bytes: 20 * GIB, isGranted: true }),
        blocker('b', { kind: 'cpus', count: 1 }),
        blocker('c', { kind: 'gpu', gpu })
      ]),
      'for 12 GiB; 20 GiB held by a, 1 CPU by b, GPU 0 by c and 2 more'
    ],
    [
      reasonOf({
        kind: 'held',
        need: part,
        more: 0,
        rests: [
          {
            count: 1,
            isIdle: true,
            areKernels: true,
            keeps: { kind: 'gpuMemory', gpu, bytes: 1.5 * GIB }
          },
          {
            count: 3,
            isIdle: false,
            areKernels: false,
            keeps: { kind: 'memory', bytes: GIB, isGranted: false }
          }
        ],
        othersBytes: 9 * GIB
      }),
      'for 2 GPUs with 40 GiB each; an idle kernel keeps 1.5 GiB of GPU 0; other holders keep 1 GiB; others on this node hold 9 GiB'
    ]
  ],
  capped: [
    [
      reasonOf(
        {
          kind: 'capped',
          need: memory,
          cap: { group: 'all', user: 'ann', most: 100 * GIB },
          more: 1,
          rests: []
        },
        [blocker('a', { kind: 'memory', bytes: 90 * GIB, isGranted: true })]
      ),
      'for 12 GiB within the cap of ann, 100 GiB; 90 GiB held by a and 1 more'
    ],
    [
      reasonOf(
        {
          kind: 'capped',
          need: part,
          cap: { group: 'atlas', user: 'ann', most: 2 },
          more: 0,
          rests: []
        },
        [blocker('a', { kind: 'gpus', count: 1 })]
      ),
      'for 2 GPUs with 40 GiB each within the cap of ann in atlas, 2 GPUs; 1 GPU held by a'
    ],
    [
      reasonOf(
        {
          kind: 'capped',
          need: { kind: 'cpus', count: 4, isExclusive: true },
          cap: { group: 'atlas', user: null, most: 6 },
          more: 0,
          rests: []
        },
        [blocker('a', { kind: 'cpus', count: 3 })]
      ),
      'for 4 exclusive CPUs within the cap of the group atlas, 6 CPUs; 3 CPUs held by a'
    ],
    [
      reasonOf(
        {
          kind: 'capped',
          need: { kind: 'cells', count: 1 },
          cap: { group: 'all', user: null, most: 3 },
          more: 2,
          rests: []
        },
        [blocker('a', { kind: 'cells', count: 1 })]
      ),
      'for a cell of everybody on this node to end, of which at most 3 may run at once; running in a and 2 more'
    ]
  ],
  scarce: [
    [
      reasonOf({ kind: 'scarce', need: { kind: 'cpus', count: 4, isExclusive: true }, left: 2 }),
      'for 4 exclusive CPUs; 2 are free'
    ],
    [reasonOf({ kind: 'scarce', need: memory, left: GIB }), 'for 12 GiB; only 1 GiB is free']
  ],
  pressure: [
    [
      reasonOf({ kind: 'pressure', need: memory, percent: 12.4 }),
      'for 12 GiB; the node is short of memory (pressure 12 %)'
    ]
  ],
  nodeFull: [
    [
      reasonOf({ kind: 'nodeFull', need: memory, leftBytes: 1.5 * GIB }),
      'for 12 GiB; the node is short of memory (only 1.5 GiB is left)'
    ]
  ],
  gpusLost: [
    [
      reasonOf({
        kind: 'gpusLost',
        need: part,
        gpus: [gpu, { uuid: 'GPU-2', index: 2 }],
        isBound: false
      }),
      'for 2 GPUs with 40 GiB each; GPU 0, 2 do not answer'
    ],
    [
      reasonOf({
        kind: 'gpusLost',
        need: { kind: 'gpus', count: 1, eachBytes: null },
        gpus: [gpu],
        isBound: true
      }),
      'for 1 GPU; GPU 0 does not answer, and this kernel uses no other until it restarts'
    ]
  ],
  stranger: [
    [
      reasonOf({ kind: 'stranger', need: part, stranger: { ...stranger, more: 2 } }),
      'for 2 GPUs with 40 GiB each; 2 GiB of GPU 0 held without a grant by process 7 of eve (python) and 2 more'
    ],
    [
      reasonOf({ kind: 'stranger', need: memory, stranger: { ...stranger, owner: null } }),
      'for 12 GiB; 2 GiB of GPU 0 held without a grant by process 7 (python)'
    ]
  ],
  unleased: [
    [
      reasonOf({ kind: 'unleased', need: memory }),
      'for 12 GiB; its memory is held by processes without a grant'
    ]
  ],
  turn: [
    [
      reasonOf({ kind: 'turn', before: { holderId: 'b', holderName: 'b.ipynb', owner: 'bob' } }),
      'for its turn; b.ipynb is before it in line for memory'
    ],
    [
      reasonOf({
        kind: 'turn',
        before: { holderId: 'b', holderName: 'b.ipynb', owner: 'bob' },
        within: { group: 'all', user: 'ann' }
      }),
      'for its turn; b.ipynb is before it in line within the cap of ann'
    ]
  ],
  drained: [
    [
      reasonOf({ kind: 'drained', drain: { by: 'eve', why: 'reboot', sinceMs: 0 } }),
      'because the node is being drained by eve: reboot'
    ],
    [
      reasonOf({ kind: 'drained', drain: { by: 'eve', why: null, sinceMs: 0 } }),
      'because the node is being drained by eve'
    ]
  ],
  recovering: [
    [
      reasonOf({ kind: 'recovering', atMostMs: 2000 }),
      'for the other kernels to report to the restarted sidecar what they hold; at most 2 s'
    ]
  ],
  unseen: [[reasonOf({ kind: 'unseen' }), 'to be considered']]
};

describe('waitInWords', () => {
  const all = Object.values(GOLDEN).flat();

  it.each(all)('[API7] says of %j: %s', (reason, words) => {
    expect(waitInWords(reason)).toBe(words);
  });

  it('[API7] says of a holder that is no kernel that its own process is bound', () => {
    const [lost] = GOLDEN.gpusLost[1]!;
    expect(waitInWords(lost, englishOf('worker'))).toBe(
      'for 1 GPU; GPU 0 does not answer, and its process uses no other until it ends'
    );
  });

  it('[API7] goes on after "waits", and ends as no sentence does', () => {
    for (const [reason] of all) {
      expect(waitInWords(reason)).toMatch(/^(for|to|because) .*[^.\s;]$/);
    }
  });

  it('[API7] takes language and names from who speaks, and has no other words', () => {
    const hidden: Speaker = {
      trans: {
        __: (_, ...args) => args.join('|'),
        _n: (_, __, n, ...args) => [n, ...args].join('|')
      },
      of: 'kernel',
      nameOf: ({ holderId }) => `<${holderId}>`
    };
    for (const [reason] of all) {
      const words = waitInWords(reason, hidden).match(/[A-Za-z]{2,}/g) ?? [];
      expect(
        words.filter(it => !['GiB', 'eve', 'python', 'reboot', 'ann', 'atlas'].includes(it))
      ).toEqual([]);
    }
  });

  it('translates as JupyterLab does', () => {
    expect(ENGLISH.trans.__('%2 and %1', 'a', 'b')).toBe('b and a');
    expect(ENGLISH.trans._n('%1 of %2', '%1s of %2', 3, 'x')).toBe('3s of x');
  });
});
