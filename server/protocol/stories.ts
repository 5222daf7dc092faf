import { amountInWords, bytesInWords, spanInWords } from './amounts';
import { formatCpuList, type CpuSet } from './cpuset';
import { refusal, sentenceOf } from './errors';
import { evictionInWords } from './evictions';
import type { Granted, NotEnforced } from './facts';
import type { HolderKind } from './holder';
import { ENGLISH, type Phrases, type Speaker } from './phrases';
import { waitInWords } from './sentences';
import { basisInWords, gpusInWords, strangerInWords } from './things';
import type { StoryFact } from './storyFacts';

type Sentences = {
  readonly [K in StoryFact['kind']]: (
    fact: Extract<StoryFact, { kind: K }>,
    speaker: Speaker
  ) => string;
};

const SENTENCES: Sentences = {
  claimed: (_, { trans }) => trans.__('Claimed.'),
  inside: ({ outer }, { trans, nameOf }) =>
    trans.__('Inside a cell of %1: draws on what that cell holds.', nameOf(outer)),
  waits: ({ reason }, speaker) => {
    const { trans } = speaker;
    return trans.__('Waits %1.', waitInWords(reason, speaker));
  },
  predicted: ({ predicted }, { trans }) =>
    trans.__(
      'Expected to need %1, by %2.',
      bytesInWords(predicted.amount),
      basisInWords(trans, predicted)
    ),
  mispredicted: ({ predicted, usedBytes }, { trans }) =>
    trans.__(
      'Was predicted %1 from %2, used %3.',
      bytesInWords(predicted.amount),
      basisInWords(trans, predicted),
      bytesInWords(usedBytes)
    ),
  predictionForgone: (_, { trans }) => trans.__('Its predicted memory no longer counts.'),
  passes: ({ before }, { trans, nameOf }) =>
    trans.__('Passed ahead of %1, which it does not delay.', nameOf(before)),
  movedUp: ({ count }, { trans }) =>
    trans._n(
      'Moved up before %1 other claim of its user.',
      'Moved up before %1 other claims of its user.',
      count
    ),
  movedBehind: ({ before }, { trans, nameOf }) =>
    trans.__('Its user moved %1 up before it.', nameOf(before)),
  givenUp: ({ by }, { trans }) => givenUpSentence(trans, by),
  nodeUnknown: (_, { trans }) => trans.__('The node is not known yet, so nothing is restricted.'),
  granted: ({ granted, waitedMs }, { trans }) => grantedSentence(trans, granted, waitedMs),
  grantedFromKept: (_, { trans }) => trans.__('Takes over the grant that an earlier cell kept.'),
  takenOver: (_, { trans }) => trans.__('Restored as it was granted before a restart.'),
  startedUnasked: (_, { trans }) =>
    trans.__('Runs without a grant: Cellgrant did not answer in time.'),
  broughtBack: ({ what }, { trans }) => trans.__('Moved back: %1.', what),
  moved: ({ cpus }, { trans }) => trans.__('Moved to %1.', cpusInWords(trans, cpus)),
  gpuLost: ({ gpu }, { trans }) =>
    trans.__('%1 does not answer any more.', gpusInWords([gpu], trans)),
  told: ({ refusal }, speaker) => sentenceOf(refusal, speaker),
  ended: ({ isKept }, { trans }) =>
    isKept
      ? trans.__('Ended; its grant is kept for the next cell.')
      : trans.__('Ended; its grant was given back.'),
  holdExpired: ({ idleMs }, { trans }) =>
    trans.__('Released the kept grant after %1 without a cell.', spanInWords(idleMs)),
  holdReleased: ({ by }, { trans }) =>
    trans.__('Released the kept grant at the request of %1.', by),
  holdWanted: ({ by }, { trans, nameOf }) =>
    trans.__('Released the kept grant: %1 asked for it.', nameOf(by)),
  toBeEvicted: ({ inMs, why }, speaker) => {
    const { trans } = speaker;
    return trans.__('Will be evicted in %1: %2.', spanInWords(inMs), evictionInWords(why, speaker));
  },
  evicted: ({ why }, speaker) => {
    const { trans } = speaker;
    return trans.__('Interrupted: %1.', evictionInWords(why, speaker));
  },
  spared: (_, { trans }) => trans.__('Spared: its place is not needed any more.'),
  roomMade: ({ by, inMs, lostMs }, { trans, nameOf }) =>
    trans.__(
      '%1 is evicted for it in %2, losing %3 of work.',
      nameOf(by),
      spanInWords(inMs),
      spanInWords(lostMs)
    ),
  askedToFree: ({ keeper }, { trans, nameOf }) =>
    trans.__('%1 was asked to free GPU memory.', nameOf(keeper)),
  beside: ({ stranger }, { trans }) =>
    trans.__('On the same GPU, %1.', strangerInWords(trans, stranger)),
  keptBeside: ({ keeper, gpu, bytes, isAsked }, { trans, nameOf }) => {
    const [amount, name] = [bytesInWords(bytes), gpusInWords([gpu], trans)];
    return isAsked
      ? trans.__('%3 keeps %1 of %2, and was asked to free it.', amount, name, nameOf(keeper))
      : trans.__('%3 keeps %1 of %2.', amount, name, nameOf(keeper));
  },
  restartAsked: ({ keeper }, { trans, nameOf }) =>
    trans.__('The owner of %1 was asked to restart it.', nameOf(keeper)),
  restartDeclined: ({ keeper }, { trans, nameOf }) =>
    trans.__('The owner of %1 keeps it as it is.', nameOf(keeper))
};

/** One line of a story (API2), as a whole sentence. */
export function storySentence(fact: StoryFact, speaker: Speaker = ENGLISH): string {
  const sentence = SENTENCES[fact.kind] as (fact: StoryFact, speaker: Speaker) => string;
  return sentence(fact, speaker);
}

function givenUpSentence(trans: Phrases, by: HolderKind): string {
  switch (by) {
    case 'kernel':
      return trans.__('Given up by its kernel while it waited.');
    case 'cell':
      return trans.__('Given up by its cell while it waited.');
    case 'worker':
      return trans.__('Given up by its worker while it waited.');
    case 'command':
      return trans.__('Given up by its command while it waited.');
  }
}

function grantedSentence(trans: Phrases, granted: Granted, waitedMs: number): string {
  const given = grantInWords(trans, granted);
  return waitedMs > 0
    ? trans.__('Granted %1 after %2.', given, spanInWords(waitedMs))
    : trans.__('Granted %1.', given);
}

/** A set of CPUs in words: `CPU 0`, `CPUs 0-3`. */
function cpusInWords(trans: Phrases, cpus: CpuSet): string {
  const list = formatCpuList(cpus);
  return cpus.length === 1 ? trans.__('CPU %1', list) : trans.__('CPUs %1', list);
}

/** What a grant gives: `CPUs 0-3, 4 threads, 8 GiB, GPU 0`. */
function grantInWords(trans: Phrases, { cpus, threads, memoryBytes, gpus }: Granted): string {
  const parts = [
    cpus === null ? trans.__('all CPUs') : cpusInWords(trans, cpus),
    threads === null ? '' : trans._n('%1 thread', '%1 threads', threads),
    memoryBytes === null ? '' : amountInWords(memoryBytes),
    gpus.length === 0 ? '' : gpusInWords(gpus, trans)
  ];
  return parts.filter(part => part !== '').join(', ');
}

/** Which part of a grant is not in force (ENF6), as a whole sentence. */
export function notEnforcedSentence(fact: NotEnforced, speaker: Speaker = ENGLISH): string {
  const { trans } = speaker;
  return fact.kind === 'failed'
    ? sentenceOf(refusal('NOT_ENFORCED', { what: fact.what, errno: fact.errno }), speaker)
    : trans.__('It started while Cellgrant did not answer, and runs without a grant.');
}
