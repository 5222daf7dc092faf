import { bytesAtMost, bytesBeside, bytesInWords } from './amounts';
import { evictionInWords } from './evictions';
import type { Wanted, CapOwner, Eviction, GpuName, Need } from './facts';
import type { Speaker } from './phrases';
import { gpusInWords, needInWords, ownerInWords } from './things';

/** What fills the sentence of a refusal: a name, a figure or an amount, or a fact with its own sentence. */
export type Detail = string | number | DetailFact;

type DetailFact =
  | Eviction
  | Need
  /** What the claim waited for: a resource, what the restarted sidecar did not know yet, or the end of a drain. */
  | { readonly kind: 'awaited'; readonly what: Wanted | 'sidecar' | 'undrain' }
  /** What its holder kept from earlier cells, and its limit: a separate sentence after another. */
  | { readonly kind: 'kept'; readonly bytes: number; readonly limitBytes: number }
  | { readonly kind: 'none' }
  /** `exclusive`, and the number of CPUs. */
  | { readonly kind: 'exclusive'; readonly count: number }
  | { readonly kind: 'lendable'; readonly count: number; readonly of: number }
  /** The memory that can be granted, and the total. */
  | {
      readonly kind: 'grantable';
      readonly bytes: number;
      readonly ofBytes: number;
      readonly reserveBytes: number;
    }
  /** Slices that one process can use together. */
  | { readonly kind: 'together'; readonly count: number }
  | { readonly kind: 'ofModel'; readonly count: number }
  /** Whose cap it is (CAP1). */
  | ({ readonly kind: 'capOwner' } & CapOwner)
  | { readonly kind: 'kernels'; readonly count: number }
  | { readonly kind: 'numbered'; readonly gpus: readonly GpuName[] };

type Sentences = {
  readonly [K in DetailFact['kind']]: (
    fact: Extract<DetailFact, { kind: K }>,
    speaker: Speaker
  ) => string;
};

const IN_WORDS: Sentences = {
  runtime: evictionInWords,
  ordered: evictionInWords,
  owed: evictionInWords,
  cpus: needInWords,
  memory: needInWords,
  gpus: needInWords,
  cells: needInWords,
  capOwner: ownerInWords,
  kernels: ({ count }, { trans }) => trans._n('%1 kernel', '%1 kernels', count),
  awaited: ({ what }, { trans }) =>
    ({
      cpus: trans.__('CPUs'),
      memory: trans.__('memory'),
      gpus: trans.__('GPUs'),
      cells: trans.__('other cells to end'),
      sidecar: trans.__('the restarted sidecar'),
      undrain: trans.__('the drain of the node to end')
    })[what],
  kept: ({ bytes, limitBytes }, speaker) =>
    ` ${keptSentence(speaker, bytesBeside(bytes, limitBytes))}`,
  none: (_, { trans }) => trans.__('none of that'),
  exclusive: ({ count }, { trans }) => trans._n('true with %1 CPU', 'true with %1 CPUs', count),
  lendable: ({ count, of }, { trans }) => trans.__('%1 that may be exclusive (of %2)', count, of),
  grantable: ({ bytes, ofBytes, reserveBytes }, { trans }) =>
    reserveBytes === 0
      ? bytesAtMost(bytes)
      : trans.__(
          '%1 (%2 less a reserve of %3)',
          bytesAtMost(bytes),
          bytesAtMost(ofBytes),
          bytesInWords(reserveBytes)
        ),
  together: ({ count }, { trans }) => trans.__('%1 that a process can use with others', count),
  ofModel: ({ count }, { trans }) => trans.__('%1 of that model', count),
  numbered: ({ gpus }, { trans }) => gpusInWords(gpus, trans)
};

/** A detail in words, as a part of a sentence. */
export function detailInWords(detail: Detail, speaker: Speaker): string {
  if (typeof detail !== 'object') {
    return String(detail);
  }
  const inWords = IN_WORDS[detail.kind] as (fact: DetailFact, speaker: Speaker) => string;
  return inWords(detail, speaker);
}

function keptSentence({ trans, of }: Speaker, amount: string): string {
  return of === 'kernel'
    ? trans.__('Its kernel kept %1 from earlier cells.', amount)
    : trans.__('It had %1 from before.', amount);
}
