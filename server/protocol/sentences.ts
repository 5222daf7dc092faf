import { bytesBeside, bytesInWords } from './amounts';
import type { Blocker, Drain, GpuName, Need, Reason, Rest } from './facts';
import { gpusInWords, holdingInWords, needInWords, ownerInWords, strangerInWords } from './things';
import { ENGLISH, enumerated, type Phrases, type Speaker } from './phrases';

/**
 * Why a claim waits, in words that follow "waits": `for 1 GPU; GPU 0 held
 * by segment.ipynb`.
 */
export function waitInWords(reason: Reason, speaker: Speaker = ENGLISH): string {
  const { trans, nameOf } = speaker;
  switch (reason.kind) {
    case 'unseen':
      return trans.__('to be considered');
    case 'recovering':
      return trans.__(
        'for the other kernels to report to the restarted sidecar what they hold; at most %1 s',
        reason.atMostMs / 1000
      );
    case 'drained':
      return trans.__('because %1', drainInWords(trans, reason.drain));
    case 'turn':
      return turnInWords(speaker, reason, nameOf(reason.before));
    case 'capped':
      return cappedInWords(reason, speaker);
    default:
      return trans.__('for %1; %2', needInWords(reason.need, speaker), whyInWords(reason, speaker));
  }
}

/** Why nothing new is granted, as a part of a sentence. */
function drainInWords(trans: Phrases, { by, why }: Drain): string {
  return why === null
    ? trans.__('the node is being drained by %1', by)
    : trans.__('the node is being drained by %1: %2', by, why);
}

/** The same as a notice to everybody. */
export function drainSentence(drain: Drain, trans = ENGLISH.trans): string {
  const { by, why } = drain;
  return why === null
    ? trans.__('%1 is draining this node: running cells go on, new ones wait.', by)
    : trans.__('%1 is draining this node (%2): running cells go on, new ones wait.', by, why);
}

type Of<K extends Reason['kind']> = Extract<Reason, { kind: K }>;

function turnInWords(speaker: Speaker, { resource, within }: Of<'turn'>, name: string): string {
  const { trans } = speaker;
  if (within) {
    return trans.__(
      'for its turn; %1 is before it in line within the cap of %2',
      name,
      ownerInWords(within, speaker)
    );
  }
  switch (resource) {
    case 'cells':
      return trans.__('for its turn; %1 is before it in line', name);
    case 'cpus':
      return trans.__('for its turn; %1 is before it in line for CPUs', name);
    case 'memory':
      return trans.__('for its turn; %1 is before it in line for memory', name);
    case 'gpus':
      return trans.__('for its turn; %1 is before it in line for GPUs', name);
  }
}

/** CAP2: `for 8 GiB within the cap of ann, 100 GiB; 96 GiB held by fit.ipynb`. */
function cappedInWords(capped: Of<'capped'>, speaker: Speaker): string {
  const { trans, nameOf } = speaker;
  const { need, cap, blockers, more } = capped;
  const owner = ownerInWords(cap, speaker);
  if (need.kind === 'cells') {
    const names = blockers.map(it => nameOf(it));
    return trans._n(
      'for a cell of %2 to end, of which at most %1 may run; running in %3',
      'for a cell of %2 to end, of which at most %1 may run at once; running in %3',
      cap.most,
      owner,
      enumerated(trans, more > 0 ? [...names, trans.__('%1 more', more)] : names)
    );
  }
  const most = needInWords(mostOf(need, cap.most), speaker);
  const words = [
    trans.__('for %1 within the cap of %2, %3', needInWords(need, speaker), owner, most),
    heldInWords({ ...capped, othersBytes: null }, speaker)
  ];
  return words.filter(part => part !== '').join('; ');
}

function mostOf(need: Need, most: number): Need {
  switch (need.kind) {
    case 'memory':
      return { kind: 'memory', bytes: most };
    case 'gpus':
      return { kind: 'gpus', count: most, eachBytes: null };
    case 'cpus':
      return { kind: 'cpus', count: most, isExclusive: false };
    case 'cells':
      return { kind: 'cells', count: most };
  }
}

/** A reason that states what is needed of the node. */
type Lack = Exclude<Extract<Reason, { need: Need }>, { kind: 'capped' }>;

function whyInWords(lack: Lack, speaker: Speaker): string {
  const { trans } = speaker;
  switch (lack.kind) {
    case 'held':
      return heldInWords(lack, speaker);
    case 'scarce':
      return lack.need.kind === 'memory'
        ? trans.__('only %1 is free', bytesBeside(lack.left, lack.need.bytes))
        : trans.__('%1 are free', lack.left);
    case 'pressure':
      return trans.__('the node is short of memory (pressure %1 %)', Math.round(lack.percent));
    case 'nodeFull':
      return trans.__(
        'the node is short of memory (only %1 is left)',
        bytesInWords(lack.leftBytes)
      );
    case 'gpusLost':
      return lostInWords(speaker, lack.gpus, lack.isBound);
    case 'stranger':
      return strangerInWords(trans, lack.stranger);
    case 'unleased':
      return trans.__('its memory is held by processes without a grant');
  }
}

type Held = Pick<Of<'held'>, 'blockers' | 'more' | 'rests' | 'othersBytes'>;

function heldInWords({ blockers, more, rests, othersBytes }: Held, speaker: Speaker): string {
  const { trans } = speaker;
  const named = blockers.map((it, at) => blockerInWords(it, at === 0, speaker));
  const others =
    othersBytes === null ? '' : trans.__('others on this node hold %1', bytesInWords(othersBytes));
  return [
    enumerated(trans, more > 0 ? [...named, trans.__('%1 more', more)] : named),
    ...rests.map(it => restInWords(trans, it)),
    others
  ]
    .filter(part => part !== '')
    .join('; ');
}

function blockerInWords(blocker: Blocker, isFirst: boolean, { trans, nameOf }: Speaker): string {
  const holds = holdingInWords(trans, blocker.holds);
  return isFirst
    ? trans.__('%1 held by %2', holds, nameOf(blocker))
    : trans.__('%1 by %2', holds, nameOf(blocker));
}

/** What unnamed holders keep: `idle kernels keep 676 MiB`. */
function restInWords(trans: Phrases, { count, isIdle, areKernels, keeps }: Rest): string {
  const amount = holdingInWords(trans, keeps);
  if (!areKernels) {
    return isIdle
      ? trans._n('an idle holder keeps %2', 'idle holders keep %2', count, amount)
      : trans._n('another holder keeps %2', 'other holders keep %2', count, amount);
  }
  if (count === 1) {
    return isIdle
      ? trans.__('an idle kernel keeps %1', amount)
      : trans.__('another kernel keeps %1', amount);
  }
  return isIdle
    ? trans.__('idle kernels keep %1', amount)
    : trans.__('other kernels keep %1', amount);
}

function lostInWords({ trans, of }: Speaker, gpus: readonly GpuName[], isBound: boolean): string {
  const names = gpusInWords(gpus, trans);
  if (isBound && of !== 'kernel') {
    return trans._n(
      '%2 does not answer, and its process uses no other until it ends',
      '%2 do not answer, and its process uses no other until it ends',
      gpus.length,
      names
    );
  }
  if (isBound) {
    return trans._n(
      '%2 does not answer, and this kernel uses no other until it restarts',
      '%2 do not answer, and this kernel uses no other until it restarts',
      gpus.length,
      names
    );
  }
  return trans._n('%2 does not answer', '%2 do not answer', gpus.length, names);
}
