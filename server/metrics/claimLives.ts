import type { Effect } from '../core/effects';
import type { Event } from '../core/events';

/** How a claim ended; `died` with its holder. */
export type ClaimOutcome = 'ok' | 'error' | 'interrupted' | 'cancelled' | 'refused' | 'died';

/** Whose a claim is, for labels. */
export type ClaimOwner = { readonly group: string; readonly user: string };

/** What is counted of claims; durations in seconds. */
export interface IClaimCounts {
  /** A claim was granted after this wait. */
  granted(owner: ClaimOwner, waitSeconds: number): void;
  /** A claim ended; `runSeconds` is null for one that never ran, `cpuSeconds` where it was not measured. */
  ended(
    owner: ClaimOwner,
    outcome: ClaimOutcome,
    runSeconds: number | null,
    cpuSeconds: number | null
  ): void;
}

type Life = {
  readonly holderId: string;
  readonly owner: ClaimOwner;
  readonly arrivedMs: number;
  grantedMs: number | null;
};

/**
 * Follows claims from their arrival to their end, by the arbiter's events and effects.
 *
 * #### Notes
 * Each claim is counted once: what comes behind its end is of nobody. A claim that was granted
 * under the sidecar before has no wait here.
 */
export class ClaimLives {
  private readonly lives = new Map<string, Life>();

  constructor(
    private readonly counts: IClaimCounts,
    private readonly ownerOf: (holderId: string) => ClaimOwner
  ) {}

  /** Take in one step of the arbiter. */
  observe(event: Event, effects: readonly Effect[]): void {
    this.hear(event);
    for (const effect of effects) {
      if (effect.type === 'grant') {
        this.grant(effect.claimId, event.atMs);
      } else if (effect.type === 'refuse') {
        this.end(effect.claimId, 'refused', event.atMs);
      }
    }
  }

  /** Forget claims that are neither waiting nor running. */
  keepOnly(claimIds: ReadonlySet<string>): void {
    for (const id of this.lives.keys()) {
      claimIds.has(id) || this.lives.delete(id);
    }
  }

  private hear(event: Event): void {
    switch (event.type) {
      case 'claimArrived':
        return this.arrive(event);
      case 'claimCancelled':
      case 'claimGivenUp':
        return this.end(event.claimId, 'cancelled', event.atMs);
      case 'claimEnded':
        return this.end(
          event.claimId,
          event.outcome,
          event.endedMs ?? event.atMs,
          event.cpuSeconds
        );
      case 'holderGone':
        return this.endAllOf(event.holderId, event.atMs);
      default:
    }
  }

  private arrive(event: Extract<Event, { type: 'claimArrived' }>): void {
    const { claim, granted, waitingSinceMs, atMs } = event;
    this.lives.set(claim.id, {
      holderId: claim.holderId,
      owner: this.ownerOf(claim.holderId),
      arrivedMs: waitingSinceMs ?? atMs,
      grantedMs: granted?.sinceMs ?? null
    });
  }

  private grant(claimId: string, atMs: number): void {
    const life = this.lives.get(claimId);
    if (life && life.grantedMs === null) {
      life.grantedMs = atMs;
      this.counts.granted(life.owner, secondsBetween(life.arrivedMs, atMs));
    }
  }

  private end(
    claimId: string,
    outcome: ClaimOutcome,
    atMs: number,
    cpuSeconds: number | null = null
  ): void {
    const life = this.lives.get(claimId);
    if (life && this.lives.delete(claimId)) {
      const ran = life.grantedMs === null ? null : secondsBetween(life.grantedMs, atMs);
      this.counts.ended(life.owner, outcome, ran, cpuSeconds);
    }
  }

  private endAllOf(holderId: string, atMs: number): void {
    for (const [id, life] of this.lives) {
      life.holderId === holderId && this.end(id, 'died', atMs);
    }
  }
}

function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1000;
}
