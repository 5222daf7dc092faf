import { isKeptBy } from '../core/gpu/keepers';
import type { Caller } from '../protocol/caller';
import { refusal, type Refusal } from '../protocol/errors';
import type { ClaimView, HolderView, Snapshot } from '../protocol/view';
import { visibilityOf } from '../protocol/visibility';
import type { EventBody } from './arbiter';
import type { IConsent } from './consentPort';
import type { IAdministrators, IOwners } from './ports';

/** Checks that a request makes sense now and that its caller may make it, then passes it on. */
export class Consent implements IConsent {
  constructor(
    private readonly parts: {
      readonly post: (event: EventBody) => void;
      readonly snapshot: () => Snapshot;
      readonly owners: IOwners;
      readonly administrators: IAdministrators;
    }
  ) {}

  askToFree(holderId: string, by: Caller): Refusal | null {
    const why = this.whyNotYours(holderId, by) ?? whyNotAskable(this.parts.snapshot(), holderId);
    why || this.parts.post({ type: 'freeWanted', holderId, by });
    return why;
  }

  /** The owner of a waiting claim may request the restart of another user's kernel. */
  requestRestart(holderId: string, claimId: string, by: Caller): Refusal | null {
    const { holders, claims } = this.parts.snapshot();
    const claim = claims.find(it => it.id === claimId);
    // The kernel may be another user's, and the refusal must not name it (SEC1).
    const seen = visibilityOf(by, this.parts.administrators)().of(holders);
    const why =
      whyNotRestarted(seen, holderId, claim, claimId) ?? this.whyNotYours(claim!.holderId, by);
    why || this.parts.post({ type: 'restartWanted', holderId, claimId, by });
    return why;
  }

  declineRestart(holderId: string, by: Caller): Refusal | null {
    const why = this.whyNotYours(holderId, by);
    why || this.parts.post({ type: 'restartDeclined', holderId, by });
    return why;
  }

  releaseHold(holderId: string, by: Caller): Refusal | null {
    const why = this.whyNotYours(holderId, by) ?? whyNothingHeld(this.parts.snapshot(), holderId);
    why || this.parts.post({ type: 'holdReleased', holderId, by });
    return why;
  }

  moveUp(claimId: string, by: Caller): Refusal | null {
    const claim = this.parts.snapshot().claims.find(it => it.id === claimId);
    const why = whyNotWaiting(claim, claimId) ?? this.whyNotOwn(claim!, by);
    why || this.parts.post({ type: 'movedUp', claimId });
    return why;
  }

  /** Administrators neither: whose claim of theirs comes first is for nobody but a user to say. */
  private whyNotOwn({ holderId, owner }: ClaimView, by: Caller): Refusal | null {
    return this.parts.owners.isOwn(holderId, by)
      ? null
      : refusal('NOT_YOURS', { id: holderId, owner });
  }

  private whyNotYours(holderId: string, by: Caller): Refusal | null {
    return this.parts.owners.whyNotYours(holderId, by);
  }
}

function cannot({ name }: HolderView, why: string): Refusal {
  return refusal('NOTHING_TO_FREE', { name, why });
}

/** Why a claim has no turn to change; null if it waits. */
function whyNotWaiting(claim: ClaimView | undefined, id: string): Refusal | null {
  return claim?.state === 'waiting'
    ? null
    : refusal(claim?.state === 'running' ? 'CLAIM_RUNNING' : 'CLAIM_UNKNOWN', { id });
}

/** Why a holder has nothing to give back between cells; null if it has (ADM9). */
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

/** Why a kernel cannot be asked for GPU memory; null if it can (GPU5). */
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
 * Why a kernel's owner is not asked to restart it for a claim; null if the owner
 * may be asked: only for a claim that waits for what this kernel keeps (GPU5).
 */
function whyNotRestarted(
  holders: Snapshot['holders'],
  holderId: string,
  claim: ClaimView | undefined,
  claimId: string
): Refusal | null {
  const kernel = holders.find(it => it.id === holderId);
  if (!kernel) {
    return refusal('HOLDER_UNKNOWN', { id: holderId });
  }
  if (!claim) {
    return refusal('CLAIM_UNKNOWN', { id: claimId });
  }
  const isInTheWay = claim.state === 'waiting' && isKeptBy(holderId, claim.reason);
  return isInTheWay ? null : cannot(kernel, 'that cell does not wait for what it keeps');
}
