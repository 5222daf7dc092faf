import type { AuditRecord, AuditView } from '../../protocol/audit';
import type { Caller } from '../../protocol/caller';
import type { CapOwner } from '../../protocol/facts';
import { refusal, type Refusal } from '../../protocol/errors';
import type { OwnDirectory } from '../../host/ownDirectory';
import type { Arbiter } from '../arbiter';
import type { Claims } from '../claims';
import type { IClock } from '../clock';
import type { Owners } from '../owners';
import type { CapsOrdered, EvictionTarget, IActions, IAdministrators, PolicyName } from '../ports';
import { AuditLog } from './auditLog';
import { Attempts } from './attempts';
import { CapStore } from './capStore';
import { DrainStore } from './drains';
import { capFacts, holderFacts, pathOfGroup } from './facts';
import { whyNoGroup, whyNotEvicted, whyNotMoved } from './checks';

/** What administrators act on. */
export type ActedOn = {
  readonly administrators: IAdministrators;
  readonly arbiter: Pick<Arbiter, 'post' | 'snapshot' | 'story'>;
  readonly claims: Pick<Claims, 'cancel' | 'holderOf' | 'whyNotWaiting'>;
  readonly holderStore: { readonly saved: Promise<void> };
  readonly owners: Pick<Owners, 'isOwn' | 'whyNotYours'>;
  /** The groups of the configuration in force, as paths. */
  readonly administration: { groups(): readonly string[] };
};

/** What somebody tries, for the record. */
type Tried = Pick<AuditRecord, 'action' | 'on' | 'why'> & { readonly by: Caller };

/**
 * Carries out what only administrators may do, once that is recorded (ADMIN6).
 *
 * #### Notes
 * The record is on the disk before anything is done, so the log may show what a crash prevented, but
 * never lacks what was done. Where it cannot be written, nothing is done: a node on which one
 * administrator acts and the others cannot find out is worse than one that stays as it is until somebody
 * has made room on its disk.
 */
export class Actions implements IActions {
  private readonly log: AuditLog;
  private readonly drains: DrainStore;
  private readonly caps: CapStore;
  private readonly attempts = new Attempts();

  constructor(
    private readonly parts: { readonly directory: OwnDirectory; readonly clock: IClock },
    private readonly on: ActedOn
  ) {
    this.log = new AuditLog(parts.directory);
    this.drains = new DrainStore(parts.directory);
    this.caps = new CapStore(parts.directory);
  }

  /** What was ordered under the previous sidecar, and not taken back, applies again. */
  begin(by: Caller): void {
    const [drain, orders] = [this.drains.load(), this.caps.load()];
    orders.length && this.on.arbiter.post({ type: 'capsOrdered', orders, by });
    drain && this.on.arbiter.post({ type: 'drainChosen', drain, by });
  }

  drain(why: string | null, by: Caller): Promise<Refusal | null> {
    return this.act({ action: 'drain', on: {}, why, by }, null, () => {
      const drain = { by: by.name, why, sinceMs: this.parts.clock.nowMs() };
      this.on.arbiter.post({ type: 'drainChosen', drain, by });
      return this.drains.save(drain);
    });
  }

  undrain(by: Caller): Promise<Refusal | null> {
    return this.act({ action: 'undrain', on: {}, why: null, by }, null, () => {
      this.on.arbiter.post({ type: 'drainChosen', drain: null, by });
      return this.drains.save(null);
    });
  }

  async cancel(claimId: string, why: string | null, by: Caller): Promise<Refusal | null> {
    const { claims, owners, arbiter } = this.on;
    const holderId = claims.holderOf(claimId);
    const cancel = () => claims.cancel(claimId, why, by);
    if (holderId === null || owners.isOwn(holderId, by)) {
      return cancel();
    }
    const on = { claim: claimId, ...holderFacts(arbiter.snapshot(), holderId) };
    const whyNot = owners.whyNotYours(holderId, by) ?? claims.whyNotWaiting(claimId);
    return (await this.act({ action: 'cancel', on, why, by }, whyNot)) ?? cancel();
  }

  evict(
    target: EvictionTarget,
    graceMs: number | null,
    why: string | null,
    by: Caller
  ): Promise<Refusal | null> {
    const { arbiter } = this.on;
    const { claimId } = target;
    const story = claimId === null ? null : arbiter.story(claimId);
    const holderId = story?.holderId ?? target.holderId ?? '';
    const snapshot = arbiter.snapshot();
    const facts = holderFacts(snapshot, holderId);
    const on = { ...(claimId !== null && { claim: claimId }), ...facts, graceMs };
    const whyNot = whyNotEvicted(snapshot, target, story);
    return this.act({ action: 'evict', on, why, by }, whyNot, () =>
      arbiter.post({ type: 'evictionChosen', holderId, claimId, graceMs, why, by })
    );
  }

  move(
    holderId: string,
    group: string | null,
    why: string | null,
    by: Caller
  ): Promise<Refusal | null> {
    const { arbiter, administration } = this.on;
    const snapshot = arbiter.snapshot();
    const on = { ...holderFacts(snapshot, holderId), group };
    const whyNot = whyNotMoved(snapshot, holderId, group, administration.groups());
    return this.act({ action: 'move', on, why, by }, whyNot, () => {
      const path = group === null ? null : pathOfGroup(group);
      arbiter.post({ type: 'groupAssigned', holderId, group: path, by });
      return this.on.holderStore.saved;
    });
  }

  cap(
    of: CapOwner,
    caps: CapsOrdered | null,
    why: string | null,
    by: Caller
  ): Promise<Refusal | null> {
    const { arbiter, administration } = this.on;
    // What stands for a group that is gone can be taken back.
    const isKnown = caps === null && this.caps.has(of);
    const whyNot = isKnown ? null : whyNoGroup(of.group, administration.groups());
    const action = caps === null ? 'uncap' : 'cap';
    return this.act({ action, on: capFacts(of, caps), why, by }, whyNot, () => {
      const sinceMs = this.parts.clock.nowMs();
      const orders = caps
        ? this.caps.add({ of, caps, by: by.name, why, sinceMs })
        : this.caps.remove(of);
      arbiter.post({ type: 'capsOrdered', orders, by });
      return this.caps.save();
    });
  }

  choosePolicy(policy: PolicyName, by: Caller): Promise<Refusal | null> {
    return this.act({ action: 'policy', on: { policy }, why: null, by }, null, () =>
      this.on.arbiter.post({ type: 'policyChosen', policy, by })
    );
  }

  async readLog(sinceMs: number, by: Caller): Promise<AuditView | Refusal> {
    const isAllowed = this.on.administrators.includes(by);
    const tried = { action: 'log', on: {}, why: null, by } as const;
    return isAllowed ? this.log.read(sinceMs) : this.refuse(tried, ONLY_ADMINISTRATORS);
  }

  /** Record what an administrator orders, then do it; record what is refused. */
  private async act(
    tried: Tried,
    whyNot: Refusal | null,
    carryOut: () => void | Promise<void> = () => undefined
  ): Promise<Refusal | null> {
    const isAllowed = this.on.administrators.includes(tried.by);
    const refused = isAllowed || whyNot?.code === 'NOT_YOURS' ? whyNot : ONLY_ADMINISTRATORS;
    if (refused) {
      return this.refuse(tried, refused);
    }
    const unrecorded = await this.record(tried, 'done');
    unrecorded ?? (await carryOut());
    return unrecorded;
  }

  /** Record a refusal as far as that is possible: it is the answer in any case. */
  private async refuse(tried: Tried, why: Refusal): Promise<Refusal> {
    const { uid } = tried.by;
    const isRecorded =
      this.on.administrators.includes(tried.by) ||
      this.attempts.isRecorded(uid, this.parts.clock.nowMs());
    isRecorded && (await this.record(tried, why.code));
    return why;
  }

  private record({ by, ...tried }: Tried, outcome: string): Promise<Refusal | null> {
    const time = new Date(this.parts.clock.nowMs()).toISOString();
    return this.log.write({ time, uid: by.uid, user: by.name, ...tried, outcome });
  }
}

const ONLY_ADMINISTRATORS = refusal('ADMINISTRATORS_ONLY');
