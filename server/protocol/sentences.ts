import { amountInWords, bytesBeside, bytesInWords } from './amounts';
import type { Blocker, Drain, GpuName, Holding, Need, Reason, Rest, Stranger } from './facts';
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
      return turnInWords(trans, reason.resource, nameOf(reason.before));
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

function turnInWords(trans: Phrases, resource: Reason['resource'], name: string): string {
  switch (resource) {
    case 'cpus':
      return trans.__('for its turn; %1 is before it in line for CPUs', name);
    case 'memory':
      return trans.__('for its turn; %1 is before it in line for memory', name);
    case 'gpus':
      return trans.__('for its turn; %1 is before it in line for GPUs', name);
  }
}

/** What is asked for, or held, in words: `2 CPUs`. */
export function needInWords(need: Need, { trans }: Speaker): string {
  switch (need.kind) {
    case 'cpus':
      return need.isExclusive
        ? trans._n('%1 exclusive CPU', '%1 exclusive CPUs', need.count)
        : trans._n('%1 CPU', '%1 CPUs', need.count);
    case 'memory':
      return amountInWords(need.bytes);
    case 'gpus':
      return need.eachBytes === null
        ? trans._n('%1 GPU', '%1 GPUs', need.count)
        : trans._n(
            '%1 GPU with %2',
            '%1 GPUs with %2 each',
            need.count,
            amountInWords(need.eachBytes)
          );
  }
}

/** A reason that states what is needed. */
type Lack = Extract<Reason, { need: Need }>;

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

type Held = Extract<Lack, { kind: 'held' }>;

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

/** What a holder has: `4 CPUs`, `12 GiB`, `GPU 0`, `60 GiB of GPU 0`. */
export function holdingInWords(trans: Phrases, holding: Holding): string {
  switch (holding.kind) {
    case 'cpus':
      return trans._n('%1 CPU', '%1 CPUs', holding.count);
    case 'memory':
      return holding.isGranted ? amountInWords(holding.bytes) : bytesInWords(holding.bytes);
    case 'gpu':
      return gpusInWords([holding.gpu], trans);
    case 'gpuMemory':
      return trans.__('%1 of %2', bytesInWords(holding.bytes), gpusInWords([holding.gpu], trans));
  }
}

/** GPUs by number: `GPU 0, 2`. */
export function gpusInWords(gpus: readonly GpuName[], trans = ENGLISH.trans): string {
  return trans.__('GPU %1', gpus.map(it => it.index ?? it.uuid).join(', '));
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

/** Which process without a grant holds memory of a GPU (GPU4): `2 GiB of GPU 0 held without a grant by ...`. */
export function strangerInWords(trans: Phrases, stranger: Stranger): string {
  const { gpu, bytes, pid, owner, name, more } = stranger;
  const holds = holdingInWords(trans, { kind: 'gpuMemory', gpu, bytes });
  const who =
    owner === null
      ? trans.__('process %1 (%2)', pid, name)
      : trans.__('process %1 of %2 (%3)', pid, owner, name);
  return more > 0
    ? trans.__('%1 held without a grant by %2 and %3 more', holds, who, more)
    : trans.__('%1 held without a grant by %2', holds, who);
}
