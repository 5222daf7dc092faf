import type { CpuSet } from './cpuset';
import type { Refusal } from './errors';
import type { Eviction, GpuName, Granted, Named, Reason, Stranger } from './facts';
import type { HolderKind } from './holder';
import type { Predicted } from './prediction';

/** One thing that happened to a claim (API2). */
export type StoryFact =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'inside'; readonly outer: Named }
  | { readonly kind: 'waits'; readonly reason: Reason }
  /** What it waits for although it named none (LEARN4). */
  | { readonly kind: 'predicted'; readonly predicted: Predicted }
  /** Its memory was predicted wrongly by much (LEARN5). */
  | { readonly kind: 'mispredicted'; readonly predicted: Predicted; readonly usedBytes: number }
  /** It waits for its predicted memory no longer, or is promised it no longer (LEARN4). */
  | { readonly kind: 'predictionForgone' }
  | { readonly kind: 'passes'; readonly before: Named }
  /** ADM15: it goes before so many others of its user, or another goes before it. */
  | { readonly kind: 'movedUp'; readonly count: number }
  | { readonly kind: 'movedBehind'; readonly before: Named }
  | { readonly kind: 'givenUp'; readonly by: HolderKind }
  | { readonly kind: 'nodeUnknown' }
  | { readonly kind: 'granted'; readonly granted: Granted; readonly waitedMs: number }
  | { readonly kind: 'grantedFromKept' }
  | { readonly kind: 'takenOver' }
  | { readonly kind: 'startedUnasked' }
  /** It escaped its confinement, by itself or by others, and is confined again (ENF5); `what` it had done. */
  | { readonly kind: 'broughtBack'; readonly what: string }
  | { readonly kind: 'moved'; readonly cpus: CpuSet }
  | { readonly kind: 'gpuLost'; readonly gpu: GpuName }
  /** Refused, interrupted, killed or not enforced, by an entry of the catalogue. */
  | { readonly kind: 'told'; readonly refusal: Refusal }
  | { readonly kind: 'ended'; readonly isKept: boolean }
  | { readonly kind: 'holdExpired'; readonly idleMs: number }
  | { readonly kind: 'holdReleased'; readonly by: string }
  | { readonly kind: 'holdWanted'; readonly by: Named }
  | { readonly kind: 'toBeEvicted'; readonly inMs: number; readonly why: Eviction }
  | { readonly kind: 'evicted'; readonly why: Eviction }
  | { readonly kind: 'spared' }
  | {
      readonly kind: 'roomMade';
      readonly by: Named;
      readonly inMs: number;
      readonly lostMs: number;
    }
  | { readonly kind: 'askedToFree'; readonly keeper: Named }
  | { readonly kind: 'beside'; readonly stranger: Stranger }
  | {
      readonly kind: 'keptBeside';
      readonly keeper: Named;
      readonly gpu: GpuName;
      readonly bytes: number;
      readonly isAsked: boolean;
    }
  | { readonly kind: 'restartAsked'; readonly keeper: Named }
  | { readonly kind: 'restartDeclined'; readonly keeper: Named };
