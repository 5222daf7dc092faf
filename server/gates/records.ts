import type { SidecarMessage } from '../protocol/gate';
import type { HolderKind } from '../protocol/holder';
import type { CpuPinning, Grant } from '../protocol/grant';
import type { Visibility } from '../protocol/visibility';
import type { Environment } from './environment';

/** Sends to one connection. */
export interface IChannel {
  /** Send a message; dropped if the connection is lost. */
  send(message: SidecarMessage): void;
  /** Close the connection. */
  close(): void;
}

/** A grant, with the parts that only the process itself can apply. */
export type AppliedGrant = Grant & CpuPinning & { readonly env: Environment };

/** The state of a claim, as its gate must know it. */
export type ClaimPhase =
  | { readonly state: 'asked' }
  | { readonly state: 'waiting'; readonly message: Extract<SidecarMessage, { type: 'waiting' }> }
  | {
      readonly state: 'running';
      readonly grant: AppliedGrant;
      /** An interrupt that arrived while the gate was disconnected. */
      readonly unsent: SidecarMessage | null;
    }
  /** Over, but its gate was disconnected and does not know. */
  | { readonly state: 'refused'; readonly message: SidecarMessage };

/** A claim, until its gate knows that it is over. */
export type ClaimRecord = {
  readonly id: string;
  readonly holder: HolderRecord;
  phase: ClaimPhase;
};

/** A user with gates: what they may see of others (SEC1), and how many claims there are and may be (SEC9). */
export type GateUser = {
  readonly visibility: () => Visibility;
  readonly claimsMax: number;
  claims: number;
};

/** A holder whose gate has said hello. */
export type HolderRecord = {
  readonly id: string;
  readonly kind: HolderKind;
  channel: IChannel | null;
  readonly user: GateUser;
  /** Whether its cells that ask for nothing may start at once (GATE6); a gate forgets it on disconnecting. */
  mayStart: boolean;
  readonly claims: Map<string, ClaimRecord>;
  /** Stops the timer that ends the claims of a disconnected gate; null while it is connected. */
  stopLapse: (() => void) | null;
};

/** How many deaths are kept until launchers ask; beyond that the oldest is dropped. */
const DEATHS_MAX = 256;

/** The holders and claims that gates have reported. A claim id is unique over all holders. */
export class Records {
  readonly holders = new Map<string, HolderRecord>();
  readonly claims = new Map<string, ClaimRecord>();

  private readonly deaths = new Map<string, string>();

  /** The record of a holder, created if there is none. */
  holder(id: string, kind: HolderKind, user: GateUser): HolderRecord {
    let holder = this.holders.get(id);
    if (!holder) {
      holder = {
        id,
        kind,
        user,
        channel: null,
        mayStart: false,
        claims: new Map(),
        stopLapse: null
      };
      this.holders.set(id, holder);
    }
    return holder;
  }

  /** A claim of this holder; undefined for another holder's. */
  claimOf(holderId: string, claimId: string): ClaimRecord | undefined {
    return this.holders.get(holderId)?.claims.get(claimId);
  }

  /** Record a claim whose id is new. */
  add(holder: HolderRecord, id: string, phase: ClaimPhase): ClaimRecord {
    const record = { id, holder, phase };
    holder.user.claims += 1;
    this.claims.set(id, record);
    holder.claims.set(id, record);
    return record;
  }

  remove(record: ClaimRecord): void {
    const { id, holder } = record;
    holder.user.claims -= this.claims.delete(id) ? 1 : 0;
    holder.claims.delete(id);
  }

  /** Keep why a kernel was killed, for its launcher. */
  noteDeath(holderId: string, sentence: string): void {
    this.deaths.set(holderId, sentence);
    const [oldest] = this.deaths.size > DEATHS_MAX ? this.deaths.keys() : [];
    oldest !== undefined && this.deaths.delete(oldest);
  }

  /** Why the kernel of this id was killed, returned once; null if it was not or if unknown. */
  takeDeath(holderId: string): string | null {
    const sentence = this.deaths.get(holderId) ?? null;
    this.deaths.delete(holderId);
    return sentence;
  }

  /** Forget a holder that is gone, and all its claims. */
  forget(holderId: string): void {
    const holder = this.holders.get(holderId);
    if (!holder) {
      return;
    }
    this.holders.delete(holderId);
    holder.claims.forEach(record => this.remove(record));
    holder.stopLapse?.();
    holder.channel?.close();
    holder.channel = null;
  }
}
