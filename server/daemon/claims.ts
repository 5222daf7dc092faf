import type { NodeFacts } from '../core/events';
import type { Caller } from '../protocol/caller';
import { refusal, type Refusal } from '../protocol/errors';
import type { HintSources } from '../protocol/gate';
import type { Hints } from '../protocol/hints';
import type { Fit } from '../protocol/view';
import type { Arbiter } from './arbiter';
import { askOf } from './asks';
import { believable } from './belief';
import type { IClock } from './clock';
import type { Holders } from './holders';
import type { Interpreter } from './interpreter';
import type { AskOrRefusal, IClaims, IDefaults, Log, NewClaim, Outcome } from './ports';
import { RECOVERING, type Reconciliation } from './reconcile';

/** The dependencies of {@link Claims}. */
export type ClaimsParts = {
  readonly node: NodeFacts;
  readonly clock: IClock;
  readonly log: Log;
  readonly arbiter: Pick<Arbiter, 'post' | 'story' | 'fit'>;
  readonly holders: Pick<Holders, 'boundTo' | 'owners'>;
  readonly defaults: Pick<IDefaults, 'hintsFor'>;
  /** The site's defaults, which come after all others (ADM2). */
  readonly administration: { hints(): readonly Hints[] };
  readonly reconciliation: Pick<Reconciliation, 'holds' | 'drop' | 'holderOf'>;
  readonly interpreter: Pick<Interpreter, 'carryOut'>;
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
    const event = { ...body, type: 'claimArrived' as const };
    const held = { ...event, waitingSinceMs: body.waitingSinceMs ?? nowMs };
    body.granted && reconciliation.drop(claimId);
    if (reconciliation.holds(held)) {
      const place = { reason: RECOVERING, position: 1 };
      interpreter.carryOut({ type: 'wait', holderId, claimId, ...place });
    } else {
      arbiter.post(event);
    }
  }

  end(claimId: string, outcome: Outcome, cpuSeconds: number | null): void {
    this.parts.arbiter.post({ type: 'claimEnded', claimId, outcome, cpuSeconds });
  }

  giveUp(claimId: string): void {
    const { arbiter, reconciliation } = this.parts;
    reconciliation.drop(claimId) ?? arbiter.post({ type: 'claimGivenUp', claimId });
  }

  cancel(claimId: string, by: Caller): Refusal | null {
    const { arbiter, reconciliation, interpreter } = this.parts;
    const holderId = reconciliation.holderOf(claimId) ?? arbiter.story(claimId)?.holderId ?? '';
    const notYours = this.parts.holders.owners.whyNotYours(holderId, by);
    if (notYours?.code === 'NOT_YOURS') {
      return notYours;
    }
    const held = reconciliation.drop(claimId);
    if (held) {
      const resource = { kind: 'awaited', what: 'sidecar' } as const;
      const why = refusal('CANCELLED', { by: by.name, why: '', resource });
      const { holderId } = held.claim;
      interpreter.carryOut({ type: 'refuse', holderId, claimId, refusal: why });
      return null;
    }
    const state = arbiter.story(claimId)?.state ?? 'done';
    if (state === 'waiting') {
      arbiter.post({ type: 'claimCancelled', claimId, by });
      return null;
    }
    return refusal(state === 'running' ? 'CLAIM_RUNNING' : 'CLAIM_UNKNOWN', { id: claimId });
  }

  fit(holderId: string, sources: HintSources): Fit | null {
    return this.parts.arbiter.fit(holderId, this.askOf(holderId, sources, Infinity));
  }
}
