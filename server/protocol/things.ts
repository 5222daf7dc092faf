import { amountInWords, bytesInWords } from './amounts';
import type { CapOwner, GpuName, Holding, Need, Stranger } from './facts';
import type { Basis } from './prediction';
import { ENGLISH, type Phrases, type Speaker } from './phrases';

/** Whose cap it is, in words: `ann`, `ann in atlas`, `the group atlas`, `everybody on this node`. */
export function ownerInWords({ group, user }: CapOwner, { trans }: Speaker): string {
  if (user !== null) {
    return group === EVERYBODY ? user : trans.__('%1 in %2', user, group);
  }
  return group === EVERYBODY ? trans.__('everybody on this node') : trans.__('the group %1', group);
}

/** The group that everybody is in. */
const EVERYBODY = 'all';

/** What is asked for, or held, in words: `2 CPUs`. */
export function needInWords(need: Need, { trans }: Speaker): string {
  switch (need.kind) {
    case 'cpus':
      return need.isExclusive
        ? trans._n('%1 exclusive CPU', '%1 exclusive CPUs', need.count)
        : trans._n('%1 CPU', '%1 CPUs', need.count);
    case 'memory':
      return need.basis
        ? trans.__('%1, by %2', bytesInWords(need.bytes), basisInWords(trans, need.basis))
        : amountInWords(need.bytes);
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

/** What a prediction is made from: `3 past runs of this cell`. */
export function basisInWords(trans: Phrases, { level, runs }: Basis): string {
  switch (level) {
    case 'source':
    case 'cell':
      return trans._n('%1 past run of this cell', '%1 past runs of this cell', runs);
    case 'notebook':
      return trans._n('%1 past run in this notebook', '%1 past runs in this notebook', runs);
    case 'user':
      return trans._n('%1 past run of its user', '%1 past runs of its user', runs);
  }
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
