import type { SidecarMessage } from '../protocol/gate';
import type { HolderKind } from '../protocol/holder';
import type { CpuPinning, Grant } from '../protocol/grant';
import type { Visibility } from '../protocol/visibility';
import type { Environment } from './environment';

/** Speaks to one connection. */
export interface IChannel {
  /** Send a message; lost where the connection is. */
  send(message: SidecarMessage): void;
  /** Close the connection. */
  close(): void;
}

/** A grant with what only the process itself can apply of it. */
export type AppliedGrant = Grant & CpuPinning & { readonly env: Environment };

/** How far a claim is, as its gate has to know. */
export type ClaimPhase =
  | { readonly state: 'asked' }
  | { readonly state: 'waiting'; readonly message: Extract<SidecarMessage, { type: 'waiting' }> }
  | {
      readonly state: 'running';
      readonly grant: AppliedGrant;
      /** An interrupt that came while the gate was away. */
      readonly unsent: SidecarMessage | null;
    }
  /** Over, but its gate was away and does not know. */
  | { readonly state: 'refused'; readonly message: SidecarMessage };

/** A claim, until its gate knows that it is over. */
export type ClaimRecord = {
  readonly id: string;
  readonly holder: HolderRecord;
  phase: ClaimPhase;
};

/** A user whose gates speak: what may be seen of others (SEC1), and how many claims there are, and may be (SEC9). */
export type GateUser = {
  readonly visibility: Visibility;
  readonly claimsMax: number;
  claims: number;
};

/** A holder whose gate has said hello. */
export type HolderRecord = {
  readonly id: string;
  readonly kind: HolderKind;
  channel: IChannel | null;
  readonly user: GateUser;
  /** Whether its cells that ask for nothing may start at once (GATE6); a gate forgets it with its connection. */
  mayStart: boolean;
  readonly claims: Map<string, ClaimRecord>;
  /** Stops what ends the claims of a gate that does not come back; null while it is there. */
  stopLapse: (() => void) | null;
};

/** How many deaths are kept for launchers that have not asked; then the oldest is forgotten. */
const DEATHS_MAX = 256;

/** The holders and claims that gates have told of. A claim id is unique over all holders. */
export class Records {
  readonly holders = new Map<string, HolderRecord>();
  readonly claims = new Map<string, ClaimRecord>();

  private readonly deaths = new Map<string, string>();

  /** The record of a holder, made where there is none. */
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

  /** Note a claim whose id is new. */
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

  /** Keep for its launcher why a kernel was killed. */
  noteDeath(holderId: string, sentence: string): void {
    this.deaths.set(holderId, sentence);
    const [oldest] = this.deaths.size > DEATHS_MAX ? this.deaths.keys() : [];
    oldest !== undefined && this.deaths.delete(oldest);
  }

  /** Why the kernel of this id was killed, told once; null where it was not, or nobody knows. */
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
