import { amountInWords, bytesBeside, bytesInWords } from './amounts';
import type { Blocker, CapOwner, GpuName, Holding, Need, Reason, Rest, Stranger } from './facts';
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
    case 'turn':
      return turnInWords(speaker, reason, nameOf(reason.before));
    case 'capped':
      return cappedInWords(reason, speaker);
    default:
      return trans.__('for %1; %2', needInWords(reason.need, speaker), whyInWords(reason, speaker));
  }
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

/** Whose cap it is, in words: `ann`, `ann in atlas`, `the group atlas`, `everybody on this node`. */
export function ownerInWords({ group, user }: CapOwner, { trans }: Speaker): string {
  if (user !== null) {
    return group === EVERYBODY ? user : trans.__('%1 in %2', user, group);
  }
  return group === EVERYBODY ? trans.__('everybody on this node') : trans.__('the group %1', group);
}

/** The group that everybody is in. */
const EVERYBODY = 'all';

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
    case 'cells':
      return trans._n('%1 cell', '%1 cells', need.count);
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

/** What a holder has: `4 CPUs`, `12 GiB`, `GPU 0`, `60 GiB of GPU 0`. */
export function holdingInWords(trans: Phrases, holding: Holding): string {
  switch (holding.kind) {
    case 'cpus':
      return trans._n('%1 CPU', '%1 CPUs', holding.count);
    case 'memory':
      return holding.isGranted ? amountInWords(holding.bytes) : bytesInWords(holding.bytes);
    case 'gpu':
      return gpusInWords([holding.gpu], trans);
    case 'gpus':
      return trans._n('%1 GPU', '%1 GPUs', holding.count);
    case 'cells':
      return trans._n('%1 cell', '%1 cells', holding.count);
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
