import type { Effect } from '../../core/effects';
import { bytesInWords, spanInWords } from '../../protocol/amounts';
import type { Caller } from '../../protocol/caller';
import type { CulledView, CullPlan } from '../../protocol/cull';
import { refusal, type Refusal } from '../../protocol/errors';
import type { Arbiter } from '../arbiter';
import type { IClock } from '../clock';
import type { IOwners, Log } from '../ports';
import type { ICulling, KernelReport } from './port';

/** What the core orders about culling. */
type CullEffect = Extract<Effect, { type: 'attend' | 'cull' | 'culled' }>;

/** The dependencies of {@link Culling}. */
export type CullingParts = {
  readonly arbiter: Pick<Arbiter, 'post' | 'snapshot' | 'isBeingCulled'>;
  readonly owners: IOwners;
  readonly clock: IClock;
  readonly log: Log;
};

/**
 * Passes between the core, which decides, and the Jupyter servers, which alone can shut a kernel
 * down so that its clients see a shutdown rather than a death.
 */
export class Culling implements ICulling {
  private everyMs: number | null = null;
  private readonly ordered = new Set<string>();
  private readonly listeners = new Set<() => void>();

  constructor(private readonly parts: CullingParts) {}

  /** Carry out what the core has decided. */
  carryOut(effect: CullEffect): void {
    switch (effect.type) {
      case 'attend':
        this.everyMs = effect.everyMs;
        return this.tell();
      case 'cull':
        effect.isOrdered ? this.ordered.add(effect.holderId) : this.ordered.delete(effect.holderId);
        return this.tell();
      case 'culled':
        return this.parts.log('info', culledSentence(effect.kernel));
    }
  }

  /** Forget a kernel that is gone. */
  forget(holderId: string): void {
    this.ordered.delete(holderId) && this.tell();
  }

  plan(by: Caller): CullPlan {
    const due = [...this.ordered].filter(it => !this.parts.owners.whyNotYours(it, by));
    return { everyMs: this.everyMs, due };
  }

  onPlan(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  report(kernels: readonly KernelReport[], by: Caller): void {
    const nowMs = this.parts.clock.nowMs();
    const own = kernels.filter(it => !this.parts.owners.whyNotYours(it.holderId, by));
    if (own.length && this.everyMs !== null) {
      const seen = own.map(({ holderId, idleMs }) => ({ holderId, usedMs: nowMs - idleMs }));
      this.parts.arbiter.post({ type: 'attended', kernels: seen });
    }
  }

  begin(holderId: string, by: Caller): Refusal | null {
    const why = this.parts.owners.whyNotYours(holderId, by);
    why || this.parts.arbiter.post({ type: 'cullBegun', holderId });
    const hasBegun = this.parts.arbiter.isBeingCulled(holderId);
    return why ?? (hasBegun ? null : refusal('STILL_USED', { id: holderId }));
  }

  giveUp(holderId: string, by: Caller): Refusal | null {
    const why = this.parts.owners.whyNotYours(holderId, by);
    why || this.parts.arbiter.post({ type: 'cullFailed', holderId });
    return why;
  }

  keep(holderId: string, by: Caller): Refusal | null {
    const why = this.parts.owners.whyNotYours(holderId, by) ?? this.whyNotKept(holderId);
    why || this.parts.arbiter.post({ type: 'keepWanted', holderId, by });
    return why;
  }

  private whyNotKept(holderId: string): Refusal | null {
    const holder = this.parts.arbiter.snapshot().holders.find(it => it.id === holderId);
    const { cull, name = holderId } = holder ?? {};
    if (!cull) {
      return refusal('NOT_KEPT', { name, why: 'it is not about to be shut down' });
    }
    return cull.keepMs > 0
      ? null
      : refusal('NOT_KEPT', { name, why: 'the configuration of this node does not allow that' });
  }

  private tell(): void {
    this.listeners.forEach(listener => listener());
  }
}

/** One line of the log for each kernel that was culled: whose, since when, and what it kept. */
function culledSentence(kernel: CulledView): string {
  const { holderId, holderName, owner, usedMs, atMs, memoryBytes, gpuMemoryBytes } = kernel;
  const kept = [
    memoryBytes === null ? '' : `${bytesInWords(memoryBytes)} of memory`,
    gpuMemoryBytes === null ? '' : `${bytesInWords(gpuMemoryBytes)} of GPU memory`
  ].filter(part => part !== '');
  const since = `idle since ${new Date(usedMs).toISOString()} (${spanInWords(atMs - usedMs)})`;
  const what = kept.length ? `, it kept ${kept.join(' and ')}` : '';
  return `culled kernel ${holderId} ("${holderName}") of ${owner}: ${since}${what}`;
}
