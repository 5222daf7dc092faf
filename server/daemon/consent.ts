import { isKeptBy } from '../core/keepers';
import { refusal, type Refusal } from '../protocol/errors';
import type { KernelView, Snapshot } from '../protocol/view';
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

  askToFree(kernelId: string): Refusal | null {
    const why = whyNotAskable(this.parts.snapshot(), kernelId);
    why || this.parts.post({ type: 'freeWanted', holderId: kernelId });
    return why;
  }

  requestRestart(kernelId: string, claimId: string): Refusal | null {
    const why = whyNotRestarted(this.parts.snapshot(), kernelId, claimId);
    why || this.parts.post({ type: 'restartWanted', holderId: kernelId, claimId });
    return why;
  }

  declineRestart(kernelId: string): Refusal | null {
    if (!this.parts.snapshot().kernels.some(it => it.id === kernelId)) {
      return refusal('KERNEL_UNKNOWN', { id: kernelId });
    }
    this.parts.post({ type: 'restartDeclined', holderId: kernelId });
    return null;
  }

  releaseHold(kernelId: string, by: string): Refusal | null {
    const why = whyNothingHeld(this.parts.snapshot(), kernelId);
    why || this.parts.post({ type: 'holdReleased', holderId: kernelId, by });
    return why;
  }
}

function cannot({ name }: KernelView, why: string): Refusal {
  return refusal('NOTHING_TO_FREE', { name, why });
}

/** Why a kernel has nothing to give back between cells; null where it has (ADM9). */
function whyNothingHeld({ kernels }: Snapshot, kernelId: string): Refusal | null {
  const kernel = kernels.find(it => it.id === kernelId);
  if (!kernel) {
    return refusal('KERNEL_UNKNOWN', { id: kernelId });
  }
  const { name, grant, state } = kernel;
  if (state === 'running') {
    return refusal('NOTHING_HELD', { name, why: 'it runs a cell; its grant ends with that' });
  }
  return grant ? null : refusal('NOTHING_HELD', { name, why: 'it keeps no grant' });
}

/** Why a kernel cannot be asked for GPU memory; null where it can (GPU5). */
function whyNotAskable({ kernels, node }: Snapshot, kernelId: string): Refusal | null {
  const kernel = kernels.find(it => it.id === kernelId);
  if (!kernel) {
    return refusal('KERNEL_UNKNOWN', { id: kernelId });
  }
  if (!kernel.gated) {
    return cannot(kernel, 'it has no gate, so nobody in it would hear');
  }
  if (kernel.state === 'running') {
    return cannot(kernel, 'it runs a cell; ask when that has ended');
  }
  const processes = node.gpus.flatMap(gpu => gpu.processes);
  return processes.some(it => it.kernelId === kernelId && it.memoryBytes > 0)
    ? null
    : cannot(kernel, 'it keeps none');
}

/**
 * Why a kernel's owner is not asked to restart it for a claim; null where that
 * may be done: only for a claim that waits for what this kernel keeps (GPU5).
 */
function whyNotRestarted(
  { kernels, claims }: Snapshot,
  kernelId: string,
  claimId: string
): Refusal | null {
  const kernel = kernels.find(it => it.id === kernelId);
  const claim = claims.find(it => it.id === claimId);
  if (!kernel) {
    return refusal('KERNEL_UNKNOWN', { id: kernelId });
  }
  if (!claim) {
    return refusal('CLAIM_UNKNOWN', { id: claimId });
  }
  const isInTheWay = claim.state === 'waiting' && isKeptBy(kernelId, claim.reason);
  return isInTheWay ? null : cannot(kernel, 'that cell does not wait for what it keeps');
}
