import { isKeptBy } from '../core/gpu/keepers';
import type { Caller } from '../protocol/caller';
import { refusal, type Refusal } from '../protocol/errors';
import type { HolderView, Snapshot } from '../protocol/view';
import type { EventBody } from './arbiter';
import type { IConsent } from './ports';

/** Looks whether what is asked makes sense now, and passes it on. */
export class Consent implements IConsent {
  constructor(
    private readonly parts: {
      readonly post: (event: EventBody) => void;
      readonly snapshot: () => Snapshot;
    }
  ) {}

  askToFree(holderId: string, by: Caller): Refusal | null {
    const why = whyNotAskable(this.parts.snapshot(), holderId);
    why || this.parts.post({ type: 'freeWanted', holderId, by });
    return why;
  }

  requestRestart(holderId: string, claimId: string, by: Caller): Refusal | null {
    const why = whyNotRestarted(this.parts.snapshot(), holderId, claimId);
    why || this.parts.post({ type: 'restartWanted', holderId, claimId, by });
    return why;
  }

  declineRestart(holderId: string, by: Caller): Refusal | null {
    if (!this.parts.snapshot().holders.some(it => it.id === holderId)) {
      return refusal('HOLDER_UNKNOWN', { id: holderId });
    }
    this.parts.post({ type: 'restartDeclined', holderId, by });
    return null;
  }

  releaseHold(holderId: string, by: Caller): Refusal | null {
    const why = whyNothingHeld(this.parts.snapshot(), holderId);
    why || this.parts.post({ type: 'holdReleased', holderId, by });
    return why;
  }
}

function cannot({ name }: HolderView, why: string): Refusal {
  return refusal('NOTHING_TO_FREE', { name, why });
}

/** Why a holder has nothing to give back between cells; null where it has (ADM9). */
function whyNothingHeld({ holders }: Snapshot, holderId: string): Refusal | null {
  const holder = holders.find(it => it.id === holderId);
  if (!holder) {
    return refusal('HOLDER_UNKNOWN', { id: holderId });
  }
  const { name, grant, state, kind } = holder;
  if (state === 'running') {
    const runs = kind === 'kernel' ? 'it runs a cell' : `this ${kind} runs`;
    return refusal('NOTHING_HELD', { name, why: `${runs}; its grant ends with that` });
  }
  return grant ? null : refusal('NOTHING_HELD', { name, why: 'it keeps no grant' });
}

/** Why a kernel cannot be asked for GPU memory; null where it can (GPU5). */
function whyNotAskable({ holders, node }: Snapshot, holderId: string): Refusal | null {
  const kernel = holders.find(it => it.id === holderId);
  if (!kernel) {
    return refusal('HOLDER_UNKNOWN', { id: holderId });
  }
  if (!kernel.gated) {
    return cannot(kernel, 'it has no gate that could receive the request');
  }
  if (kernel.state === 'running') {
    return cannot(kernel, 'it runs a cell; ask when that has ended');
  }
  const processes = node.gpus.flatMap(gpu => gpu.processes);
  return processes.some(it => it.holderId === holderId && it.memoryBytes > 0)
    ? null
    : cannot(kernel, 'it keeps none');
}

/**
 * Why a kernel's owner is not asked to restart it for a claim; null where that
 * may be done: only for a claim that waits for what this kernel keeps (GPU5).
 */
function whyNotRestarted(
  { holders, claims }: Snapshot,
  holderId: string,
  claimId: string
): Refusal | null {
  const kernel = holders.find(it => it.id === holderId);
  const claim = claims.find(it => it.id === claimId);
  if (!kernel) {
    return refusal('HOLDER_UNKNOWN', { id: holderId });
  }
  if (!claim) {
    return refusal('CLAIM_UNKNOWN', { id: claimId });
  }
  const isInTheWay = claim.state === 'waiting' && isKeptBy(holderId, claim.reason);
  return isInTheWay ? null : cannot(kernel, 'that cell does not wait for what it keeps');
}
