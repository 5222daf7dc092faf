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

/** How long the claims of a gate that lost its connection are kept for it, in ms of hearing. */
export const RECONNECT_MAX_MS = 5000;

const NOTHING = { ask: NOTHING_ASKED };
const STARTED: ClaimPhase = {
  state: 'running',
  grant: appliedGrant(UNRESTRICTED, UNPINNED),
  unsent: null
};

/** One who speaks for a holder of a user. */
type Peer = { readonly channel: IChannel; readonly user: GateUser };

/**
 * Takes what gates say to the sidecar.
 *
 * #### Notes
 * Claims belong to holders, not to connections: one that is lost and made again
 * within {@link RECONNECT_MAX_MS} loses nothing. Each claim ends exactly once
 * (GATE2): by its gate, by the end of its holder, or by that lapse.
 */
export class Handler {
  private isClosed = false;

  constructor(
    private readonly services: IGateServices,
    private readonly records: Records
  ) {
    services.holders.onGone(holderId => records.forget(holderId));
  }

  /** A gate said hello: this channel speaks to it now; what it holds is taken over. */
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

  /** A connection is lost; its claims are kept for a while. */
  disconnect(holderId: string, channel: IChannel): void {
    const holder = this.records.holders.get(holderId);
    if (this.isClosed || holder?.channel !== channel) {
      return; // the sidecar ends, or another connection speaks for this holder by now
    }
    holder.channel = null;
    holder.stopLapse = afterHearing(RECONNECT_MAX_MS, () => this.lapse(holder));
    this.services.holders.suspect(holderId);
  }

  /** A cell claims. */
  claim(holderId: string, channel: IChannel, message: MessageOf<'claim'>, bytes: number): void {
    const { id } = message;
    const holder = this.records.holders.get(holderId);
    if (holder?.channel !== channel) {
      // The holder has ended, or been restarted, while this line was on its way.
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
    const { cellId, label, sourceHash, outerId, started } = message;
    // One that started was given nothing but what everybody may have, whatever it says (GATE6).
    const asked = started ? NOTHING : this.services.claims.askOf(holderId, message.sources, bytes);
    if ('refusal' in asked) {
      return refuse(channel, id, asked.refusal, holder.kind);
    }
    this.records.add(holder, id, started ? STARTED : { state: 'asked' });
    this.services.claims.claim({
      claim: { id, holderId, outerId, cellId, label, sourceHash, ask: asked.ask },
      granted: null,
      waitingSinceMs: null
    });
  }

  /** A gate gives a claim up; one that runs by now ends. */
  cancel(holderId: string, id: string): Refusal | null {
    return this.endNamed(holderId, id, 'interrupted', null);
  }

  /** A cell ended. */
  release(holderId: string, message: MessageOf<'release'>): Refusal | null {
    return this.endNamed(holderId, message.id, message.outcome, message.cpuSeconds ?? null);
  }

  /** A launcher is about to start a kernel: how the one before it ended is past. */
  prepare(holderId: string): void {
    this.records.takeDeath(holderId);
  }

  /** A launcher tells that a kernel has ended: why it was killed, if it was and that is known (MEM3). */
  ended(holderId: string): string | null {
    this.services.holders.leave(holderId);
    return this.records.takeDeath(holderId);
  }

  /** The sidecar ends: wait for nobody any more. */
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
      this.services.claims.end(record.id, outcome, cpuSeconds);
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

  /** A gate is back with a claim that is known: tell it what it missed. */
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
   * A gate comes with a claim that the sidecar before this one knew (ENF4), or that it started
   * while this one said nothing (GATE5).
   */
  private takeOver(holder: HolderRecord, channel: IChannel, holding: Holding, bytes: number): void {
    const { id, cellId, label, sourceHash, outerId, granted } = holding;
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

/** Whether a gate runs by now what waits here: it heard nothing for too long. */
function hasStartedUnasked({ phase }: ClaimRecord, { granted }: Holding): boolean {
  return granted !== null && (phase.state === 'asked' || phase.state === 'waiting');
}

/** SEC7: what a gate runs that waits here, it was granted by nobody. */
function ungranted({ granted, ...holding }: Holding): Holding {
  return { ...holding, granted: granted && { ...granted, ...UNRESTRICTED, gpus: [] } };
}

function refuse(channel: IChannel, id: string, why: Refusal, to: HolderKind = 'kernel'): void {
  channel.send({ type: 'refused', id, message: sentenceOf(why, englishOf(to)), ...why });
}
