import { refusal } from './errors';
import type { Eviction } from './facts';
import { evictionInWords } from './evictions';
import { englishOf } from './phrases';
import { notEnforcedSentence, storySentence } from './stories';
import type { StoryFact } from './storyFacts';

const GIB = 1024 ** 3;
const gpu = { uuid: 'GPU-0', index: 0 };
const other = { holderId: 'k2', holderName: 'b.ipynb', owner: 'bob' };
const why: Eviction = {
  kind: 'owed',
  to: other,
  toGroup: 'b',
  waitedMs: 10_000,
  group: 'a',
  ranMs: 70_000,
  victims: 'mostOverQuota'
};
const stranger = { gpu, bytes: 2 * GIB, pid: 7, name: 'train', owner: 'eve', more: 0 };
const granted = { cpus: [0, 1, 2, 3], threads: 4, memoryBytes: 8 * GIB, gpus: [gpu] };
const nothing = { cpus: null, threads: null, memoryBytes: null, gpus: [] };

const GOLDEN: { readonly [K in StoryFact['kind']]: Extract<StoryFact, { kind: K }> } & object = {
  claimed: { kind: 'claimed' },
  inside: { kind: 'inside', outer: other },
  waits: { kind: 'waits', reason: { kind: 'unseen', resource: 'cpus', blockers: [] } },
  predicted: { kind: 'predicted', predicted: { amount: 2 * GIB, level: 'source', runs: 3 } },
  mispredicted: {
    kind: 'mispredicted',
    predicted: { amount: 2 * GIB, level: 'notebook', runs: 7 },
    usedBytes: 9 * GIB
  },
  predictionForgone: { kind: 'predictionForgone' },
  passes: { kind: 'passes', before: other },
  movedUp: { kind: 'movedUp', count: 2 },
  movedBehind: { kind: 'movedBehind', before: other },
  givenUp: { kind: 'givenUp', by: 'command' },
  nodeUnknown: { kind: 'nodeUnknown' },
  granted: { kind: 'granted', granted, waitedMs: 3000 },
  grantedFromKept: { kind: 'grantedFromKept' },
  takenOver: { kind: 'takenOver' },
  startedUnasked: { kind: 'startedUnasked' },
  broughtBack: { kind: 'broughtBack', what: 'process 7 had left its place' },
  moved: { kind: 'moved', cpus: [2, 3] },
  gpuLost: { kind: 'gpuLost', gpu: { uuid: 'GPU-9', index: null } },
  told: { kind: 'told', refusal: refusal('KILLED_BY_NODE') },
  ended: { kind: 'ended', isKept: true },
  holdExpired: { kind: 'holdExpired', idleMs: 1_800_000 },
  holdReleased: { kind: 'holdReleased', by: 'ann' },
  holdWanted: { kind: 'holdWanted', by: other },
  toBeEvicted: { kind: 'toBeEvicted', inMs: 5000, why },
  evicted: { kind: 'evicted', why: { kind: 'runtime', group: 'a', mostMs: 7_200_000 } },
  spared: { kind: 'spared' },
  roomMade: { kind: 'roomMade', by: other, inMs: 5000, lostMs: 70_000 },
  askedToFree: { kind: 'askedToFree', keeper: other },
  beside: { kind: 'beside', stranger },
  keptBeside: { kind: 'keptBeside', keeper: other, gpu, bytes: GIB, isAsked: true },
  restartAsked: { kind: 'restartAsked', keeper: other },
  restartDeclined: { kind: 'restartDeclined', keeper: other }
};

describe('storySentence', () => {
  it('[API2] [API7] says each fact in one sentence', () => {
    expect(Object.values(GOLDEN).map(it => storySentence(it))).toEqual([
      'Claimed.',
      'Inside a cell of b.ipynb: draws on what that cell holds.',
      'Waits to be considered.',
      'Expected to need 2 GiB, by 3 past runs of this cell.',
      'Was predicted 2 GiB from 7 past runs in this notebook, used 9 GiB.',
      'Its predicted memory no longer counts.',
      'Passed ahead of b.ipynb, which it does not delay.',
      'Moved up before 2 other claims of its user.',
      'Its user moved b.ipynb up before it.',
      'Given up by its command while it waited.',
      'The node is not known yet, so nothing is restricted.',
      'Granted CPUs 0-3, 4 threads, 8 GiB, GPU 0 after 3 s.',
      'Takes over the grant that an earlier cell kept.',
      'Restored as it was granted before a restart.',
      'Runs without a grant: Cellgrant did not answer in time.',
      'Moved back: process 7 had left its place.',
      'Moved to CPUs 2-3.',
      'GPU GPU-9 does not answer any more.',
      'The kernel of this cell was killed by the operating system: the node ran out of memory. Its variables are lost. Cells that name the "memory" they need in their hints wait until there is room.',
      'Ended; its grant is kept for the next cell.',
      'Released the kept grant after 30 min without a cell.',
      'Released the kept grant at the request of ann.',
      'Released the kept grant: b.ipynb asked for it.',
      'Will be evicted in 5 s: b.ipynb of group b is owed it and waited 10 s; this cell of group a had run 70 s (chosen by: most over quota).',
      'Interrupted: cells of group a may run for at most 2 h.',
      'Spared: its place is not needed any more.',
      'b.ipynb is evicted for it in 5 s, losing 70 s of work.',
      'b.ipynb was asked to free GPU memory.',
      'On the same GPU, 2 GiB of GPU 0 held without a grant by process 7 of eve (train).',
      'b.ipynb keeps 1 GiB of GPU 0, and was asked to free it.',
      'The owner of b.ipynb was asked to restart it.',
      'The owner of b.ipynb keeps it as it is.'
    ]);
  });

  it.each([
    [{ kind: 'granted', granted: nothing, waitedMs: 0 }, 'Granted all CPUs.'],
    [
      { kind: 'granted', granted: { ...nothing, cpus: [0], threads: 1 }, waitedMs: 0 },
      'Granted CPU 0, 1 thread.'
    ],
    [{ kind: 'moved', cpus: [3] }, 'Moved to CPU 3.'],
    [{ kind: 'ended', isKept: false }, 'Ended; its grant was given back.'],
    [{ ...GOLDEN.keptBeside, isAsked: false }, 'b.ipynb keeps 1 GiB of GPU 0.']
  ] as const)('[API7] says of %j: %s', (fact, sentence) => {
    expect(storySentence(fact)).toBe(sentence);
  });

  it('[API7] is a whole sentence whatever the fact', () => {
    for (const fact of Object.values(GOLDEN)) {
      expect(storySentence(fact)).toMatch(/^\S.*[^\s.]\.$/);
    }
  });
});

it('[FAIR4] [API7] names the policy by which somebody was chosen', () => {
  const chosen = (['mostOverQuota', 'worstRecentUse', 'leastLostWork'] as const).map(
    victims => evictionInWords({ ...why, victims }).match(/chosen by: (.*)\)/)?.[1]
  );
  expect(chosen).toEqual(['most over quota', 'worst recent use', 'least lost work']);
});

it.each([
  ['kernel', 'cells of group a', 'this cell of group a'],
  ['worker', 'workers of group a', 'this worker of group a'],
  ['command', 'commands of group a', 'this command of group a']
] as const)('[HOLD1] [API7] says why a %s has to go as it is', (of, long, owed) => {
  const told = (fact: StoryFact): string => storySentence(fact, englishOf(of));
  expect(told(GOLDEN.evicted)).toContain(long);
  expect(told(GOLDEN.toBeEvicted)).toContain(owed);
});

it('[ENF6] [API7] says what of a grant is not in force', () => {
  expect(notEnforcedSentence({ kind: 'failed', what: 'memory.max', errno: 'EBUSY' })).toBe(
    'The grant could not be enforced: memory.max failed with EBUSY. The cell runs without it.'
  );
  const failed = { kind: 'failed', what: 'memory.max', errno: 'EBUSY' } as const;
  expect(notEnforcedSentence(failed, englishOf('command'))).toContain('The command runs without');
  expect(notEnforcedSentence({ kind: 'ungranted' })).toBe(
    'It started while Cellgrant did not answer, and runs without a grant.'
  );
});
