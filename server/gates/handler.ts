import type { IGateServices, Outcome } from '../daemon/ports';
import { NOTHING_ASKED } from '../protocol/ask';
import { refusal, sentenceOf, type Refusal } from '../protocol/errors';
import type { GateProcess } from '../protocol/gate';
import type { HolderKind } from '../protocol/holder';
import { UNPINNED, UNRESTRICTED } from '../protocol/grant';
import { englishOf } from '../protocol/phrases';
import { appliedGrant, gateGrant, isSame } from './answers';
import { HOLDER_CLAIMS_MAX, type Holding, type MessageOf } from './parse';
import { afterHearing } from './patience';
import type { ClaimPhase, ClaimRecord, IChannel, HolderRecord, Records, GateUser } from './records';

/** How long the claims of a disconnected gate are kept for it, in ms of listening time. */
export const RECONNECT_MAX_MS = 5000;

const NOTHING = { ask: NOTHING_ASKED };
const STARTED: ClaimPhase = {
  state: 'running',
  grant: appliedGrant(UNRESTRICTED, UNPINNED),
  unsent: null
};

/** A connection that speaks for a user's holder. */
type Peer = { readonly channel: IChannel; readonly user: GateUser };

/**
 * Handles what gates send to the sidecar.
 *
 * #### Notes
 * Claims belong to holders, not to connections: a connection that is lost and restored
 * within {@link RECONNECT_MAX_MS} loses nothing. Each claim ends exactly once
 * (GATE2): by its gate, by the end of its holder, or when that time has passed.
 */
export class Handler {
  private isClosed = false;

  constructor(
    private readonly services: IGateServices,
    private readonly records: Records
  ) {
    services.holders.onGone(holderId => records.forget(holderId));
  }

  /** A gate said hello: this channel now speaks to it, and what it holds is taken over. */
  connect(
    process: Pick<GateProcess, 'holderId' | 'kind'>,
    { channel, user }: Peer,
    holdings: readonly Holding[],
    bytes: number
  ): void {
    const { holderId, kind = 'kernel' } = process;
    const holder = this.records.holder(holderId, kind, user);
    holder.stopLapse?.();
    holder.stopLapse = null;
    if (holder.channel !== channel) {
      holder.channel?.close();
    }
    holder.channel = channel;
    const held = new Set(holdings.map(it => it.id));
    for (const record of [...holder.claims.values()].filter(it => !held.has(it.id))) {
      this.end(record, 'ok');
    }
    for (const holding of holdings) {
      const record = holder.claims.get(holding.id);
      if (record && !hasStartedUnasked(record, holding)) {
        this.resume(record, channel, holding);
      } else {
        this.takeOver(holder, channel, record ? ungranted(holding) : holding, bytes);
      }
    }
    this.services.reconciliation.heard(holderId);
    holder.mayStart && channel.send({ type: 'standing', isGiven: true });
  }

  /** A connection was lost; its claims are kept for a while. */
  disconnect(holderId: string, channel: IChannel): void {
    const holder = this.records.holders.get(holderId);
    if (this.isClosed || holder?.channel !== channel) {
      return; // the sidecar is stopping, or another connection already speaks for this holder
    }
    holder.channel = null;
    holder.stopLapse = afterHearing(RECONNECT_MAX_MS, () => this.lapse(holder));
    this.services.holders.suspect(holderId);
  }

  /** A cell makes a claim. */
  claim(holderId: string, channel: IChannel, message: MessageOf<'claim'>, bytes: number): void {
    const { id } = message;
    const holder = this.records.holders.get(holderId);
    if (holder?.channel !== channel) {
      // The holder ended or restarted while this line was in transit.
      return refuse(channel, id, refusal('HOLDER_UNKNOWN', { id: holderId }));
    }
    if (this.records.claims.has(id)) {
      return refuse(channel, id, refusal('CLAIM_DUPLICATE', { id }));
    }
    if (holder.claims.size >= HOLDER_CLAIMS_MAX) {
      const details = { limit: HOLDER_CLAIMS_MAX, what: 'claims of one holder' };
      return refuse(channel, id, refusal('TOO_MANY', details));
    }
    const { user } = holder;
    if (user.claims >= user.claimsMax) {
      const details = { limit: user.claimsMax, what: 'claims of one user' };
      return refuse(channel, id, refusal('TOO_MANY', details));
    }
    const { cellId, label, outerId, started: hasStarted } = message;
    const sourceHash = this.services.sourceKey.keyed(message.sourceHash);
    // A cell that already started has only what everybody may have, whatever it states (GATE6).
    const asked = hasStarted
      ? NOTHING
      : this.services.claims.askOf(holderId, message.sources, bytes);
    if ('refusal' in asked) {
      return refuse(channel, id, asked.refusal, holder.kind);
    }
    this.records.add(holder, id, hasStarted ? STARTED : { state: 'asked' });
    this.services.claims.claim({
      claim: { id, holderId, outerId, cellId, label, sourceHash, ask: asked.ask, hasStarted },
      granted: null,
      waitingSinceMs: null
    });
  }

  /** A gate gives up a claim; if it already runs, it ends. */
  cancel(holderId: string, id: string): Refusal | null {
    return this.endNamed(holderId, id, 'interrupted', null);
  }

  /** A cell ended. */
  release(holderId: string, message: MessageOf<'release'>): Refusal | null {
    return this.endNamed(holderId, message.id, message.outcome, message.cpuSeconds ?? null);
  }

  /** A launcher is about to start a kernel: forget how the previous one ended. */
  prepare(holderId: string): void {
    this.records.takeDeath(holderId);
  }

  /** A launcher reports that a kernel ended; returns why it was killed, if known (MEM3). */
  ended(holderId: string): string | null {
    this.services.holders.leave(holderId);
    return this.records.takeDeath(holderId);
  }

  /** The sidecar is stopping: no longer wait for any gate. */
  close(): void {
    this.isClosed = true;
    for (const holder of this.records.holders.values()) {
      holder.stopLapse?.();
    }
  }

  private endNamed(
    holderId: string,
    id: string,
    outcome: Outcome,
    cpuSeconds: number | null
  ): Refusal | null {
    const record = this.records.claimOf(holderId, id);
    if (!record) {
      return refusal('CLAIM_UNKNOWN', { id });
    }
    this.end(record, outcome, cpuSeconds);
    return null;
  }

  private end(record: ClaimRecord, outcome: Outcome, cpuSeconds: number | null = null): void {
    const { state } = record.phase;
    this.records.remove(record);
    if (state === 'running') {
      this.services.claims.end(record.holder.id, record.id, outcome, cpuSeconds);
    } else if (state !== 'refused') {
      this.services.claims.giveUp(record.id);
    }
  }

  private lapse(holder: HolderRecord): void {
    holder.stopLapse = null;
    for (const record of [...holder.claims.values()]) {
      this.end(record, 'interrupted');
    }
    this.services.holders.leave(holder.id);
  }

  /** A gate reconnected with a known claim: send it what it missed. */
  private resume(record: ClaimRecord, channel: IChannel, holding: Holding): void {
    const { id, phase } = record;
    if (phase.state === 'refused') {
      this.records.remove(record);
    }
    if (phase.state === 'refused' || phase.state === 'waiting') {
      channel.send(phase.message);
    }
    if (phase.state !== 'running') {
      return;
    }
    if (holding.granted === null) {
      channel.send({ type: 'granted', id, grant: gateGrant(phase.grant) });
    } else if (!isSame(phase.grant, holding.granted)) {
      channel.send({ type: 'changed', id, grant: gateGrant(phase.grant) });
    }
    if (phase.unsent) {
      channel.send(phase.unsent);
      record.phase = { ...phase, unsent: null };
    }
  }

  /**
   * A gate reports a claim that the previous sidecar knew (ENF4), or that it started
   * while this one was silent (GATE5).
   */
  private takeOver(holder: HolderRecord, channel: IChannel, holding: Holding, bytes: number): void {
    const { id, cellId, label, outerId, granted } = holding;
    const sourceHash = this.services.sourceKey.keyed(holding.sourceHash);
    if ((this.records.claims.get(id)?.holder ?? holder) !== holder) {
      return refuse(channel, id, refusal('CLAIM_DUPLICATE', { id }));
    }
    const asked = this.services.claims.askOf(holder.id, holding.sources, bytes);
    if ('refusal' in asked && !granted) {
      return refuse(channel, id, asked.refusal, holder.kind);
    }
    const ask = 'ask' in asked ? asked.ask : NOTHING_ASKED;
    const sinceMs = this.services.clock.nowMs() - holding.agoMs;
    const claim = { id, holderId: holder.id, outerId, cellId, label, sourceHash, ask };
    if (granted) {
      const { cpus, threads, memoryBytes, gpus, asked } = granted;
      const grant = { cpus, threads, memoryBytes, gpus, asked };
      this.records.add(holder, id, { state: 'running', grant: granted, unsent: null });
      const waitingSinceMs = sinceMs - holding.waitedMs;
      this.services.claims.claim({ claim, granted: { grant, sinceMs }, waitingSinceMs });
    } else {
      this.records.add(holder, id, { state: 'asked' });
      this.services.claims.claim({ claim, granted: null, waitingSinceMs: sinceMs });
    }
  }
}

/** Whether a gate already runs a claim that waits here: it received nothing for too long. */
function hasStartedUnasked({ phase }: ClaimRecord, { granted }: Holding): boolean {
  return granted !== null && (phase.state === 'asked' || phase.state === 'waiting');
}

/** SEC7: nobody granted what a gate runs while its claim waits here. */
function ungranted({ granted, ...holding }: Holding): Holding {
  return { ...holding, granted: granted && { ...granted, ...UNRESTRICTED, gpus: [] } };
}

function refuse(channel: IChannel, id: string, why: Refusal, to: HolderKind = 'kernel'): void {
  channel.send({ type: 'refused', id, message: sentenceOf(why, englishOf(to)), ...why });
}
