import type { NodeFacts } from '../core/events';
import type { Caller } from '../protocol/caller';
import { cancelled, refusal, type Refusal } from '../protocol/errors';
import type { HintSources } from '../protocol/gate';
import type { Hints } from '../protocol/hints';
import type { Fit } from '../protocol/view';
import type { Arbiter } from './arbiter';
import { askOf } from './asks';
import { believable } from './belief';
import type { IClock } from './clock';
import type { Holders } from './holders';
import type { Interpreter } from './interpreter';
import type { Sampler } from './measure';
import type { AskOrRefusal, IClaims, IDefaults, Log, NewClaim, Outcome } from './ports';
import { RECOVERING, type Reconciliation } from './reconcile';

/** The dependencies of {@link Claims}. */
export type ClaimsParts = {
  readonly node: NodeFacts;
  readonly clock: IClock;
  readonly log: Log;
  readonly arbiter: Pick<Arbiter, 'post' | 'story' | 'fit'>;
  readonly holders: Pick<Holders, 'boundTo'>;
  readonly defaults: Pick<IDefaults, 'hintsFor'>;
  /** The site's defaults, which come after all others (ADM2). */
  readonly administration: { hints(): readonly Hints[] };
  readonly reconciliation: Pick<Reconciliation, 'expects' | 'holds' | 'drop' | 'holderOf'>;
  readonly interpreter: Pick<Interpreter, 'carryOut'>;
  readonly sampler: Pick<Sampler, 'measureNow'>;
};

/** Submits cells' claims to the arbiter; after a restart, only once all grants are known (ENF4). */
export class Claims implements IClaims {
  constructor(private readonly parts: ClaimsParts) {}

  askOf(holderId: string, sources: HintSources, lineBytes: number): AskOrRefusal {
    const { defaults, administration } = this.parts;
    return askOf(sources, [...defaults.hintsFor(holderId), ...administration.hints()], lineBytes);
  }

  claim(told: NewClaim): void {
    const { arbiter, reconciliation, interpreter } = this.parts;
    const nowMs = this.parts.clock.nowMs();
    const { id: claimId, holderId } = told.claim;
    const boundGpus = this.parts.holders.boundTo(holderId);
    const body = believable(told, { ...this.parts, nowMs, boundGpus });
    const isUnexpected = !reconciliation.expects(holderId);
    const granted = body.granted && { ...body.granted, isUnexpected };
    const event = { ...body, granted, type: 'claimArrived' as const };
    const held = { ...event, waitingSinceMs: body.waitingSinceMs ?? nowMs };
    body.granted && reconciliation.drop(claimId);
    if (reconciliation.holds(held)) {
      const place = { reason: RECOVERING, position: 1 };
      interpreter.carryOut({ type: 'wait', holderId, claimId, ...place });
    } else {
      arbiter.post(event);
    }
  }

  /** What it used is measured first, or nothing would be known of one that took less than a beat. */
  end(holderId: string, claimId: string, outcome: Outcome, cpuSeconds: number | null): void {
    this.parts.sampler.measureNow(holderId);
    this.parts.arbiter.post({ type: 'claimEnded', claimId, outcome, cpuSeconds });
  }

  giveUp(claimId: string): void {
    const { arbiter, reconciliation } = this.parts;
    reconciliation.drop(claimId) ?? arbiter.post({ type: 'claimGivenUp', claimId });
  }

  /** The holder of a claim that waits, runs or ended lately; null for any other. */
  holderOf(claimId: string): string | null {
    const { arbiter, reconciliation } = this.parts;
    return reconciliation.holderOf(claimId) ?? arbiter.story(claimId)?.holderId ?? null;
  }

  /** Cancel a waiting claim for somebody who may; returns why not. */
  cancel(claimId: string, why: string | null, by: Caller): Refusal | null {
    const { arbiter, reconciliation, interpreter } = this.parts;
    const held = reconciliation.drop(claimId);
    if (held) {
      const resource = { kind: 'awaited', what: 'sidecar' } as const;
      const told = cancelled(by, why, resource);
      const { holderId } = held.claim;
      interpreter.carryOut({ type: 'refuse', holderId, claimId, refusal: told });
      return null;
    }
    const whyNot = this.whyNotWaiting(claimId);
    whyNot ?? arbiter.post({ type: 'claimCancelled', claimId, by, why });
    return whyNot;
  }

  /** Why a claim cannot be cancelled; null if it waits. */
  whyNotWaiting(claimId: string): Refusal | null {
    const { arbiter, reconciliation } = this.parts;
    const isHeld = reconciliation.holderOf(claimId) !== undefined;
    const state = isHeld ? 'waiting' : arbiter.story(claimId)?.state;
    switch (state) {
      case 'waiting':
        return null;
      case 'running':
        return refusal('CLAIM_RUNNING', { id: claimId });
      default:
        return refusal('CLAIM_UNKNOWN', { id: claimId });
    }
  }

  fit(holderId: string, sources: HintSources): Fit | null {
    return this.parts.arbiter.fit(holderId, this.askOf(holderId, sources, Infinity));
  }
}
