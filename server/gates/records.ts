import type { GateGrant, SidecarMessage } from '../protocol/gate';

/** Speaks to one connection. */
export interface IVoice {
  /** Send a message; lost where the connection is. */
  send(message: SidecarMessage): void;
  /** Close the connection. */
  close(): void;
}

/** How far a claim is, as its gate has to know. */
export type ClaimPhase =
  | { readonly state: 'asked' }
  | { readonly state: 'waiting'; readonly message: SidecarMessage }
  | {
      readonly state: 'running';
      readonly grant: GateGrant;
      /** An interrupt that came while the gate was away. */
      readonly unsent: SidecarMessage | null;
    }
  /** Over, but its gate was away and does not know. */
  | { readonly state: 'refused'; readonly message: SidecarMessage };

/** A claim, until its gate knows that it is over. */
export type ClaimRecord = {
  readonly id: string;
  readonly kernel: KernelRecord;
  phase: ClaimPhase;
};

/** A kernel whose gate has said hello. */
export type KernelRecord = {
  readonly id: string;
  voice: IVoice | null;
  /** Whether its cells that ask for nothing may start at once (GATE6); a gate forgets it with its connection. */
  mayStart: boolean;
  readonly claims: Map<string, ClaimRecord>;
  /** Stops what ends the claims of a gate that does not come back; null while it is there. */
  stopLapse: (() => void) | null;
};

/** How many deaths are kept for launchers that have not asked; then the oldest is forgotten. */
const DEATHS_MAX = 256;

/** The kernels and claims that gates have told of. A claim id is unique over all kernels. */
export class Records {
  readonly kernels = new Map<string, KernelRecord>();
  readonly claims = new Map<string, ClaimRecord>();

  private readonly deaths = new Map<string, string>();

  /** The record of a kernel, made where there is none. */
  kernel(id: string): KernelRecord {
    let kernel = this.kernels.get(id);
    if (!kernel) {
      kernel = { id, voice: null, mayStart: false, claims: new Map(), stopLapse: null };
      this.kernels.set(id, kernel);
    }
    return kernel;
  }

  /** A claim of this kernel; undefined for another kernel's. */
  claimOf(holderId: string, claimId: string): ClaimRecord | undefined {
    return this.kernels.get(holderId)?.claims.get(claimId);
  }

  /** Note a claim whose id is new. */
  add(kernel: KernelRecord, id: string, phase: ClaimPhase): ClaimRecord {
    const record = { id, kernel, phase };
    this.claims.set(id, record);
    kernel.claims.set(id, record);
    return record;
  }

  remove(record: ClaimRecord): void {
    this.claims.delete(record.id);
    record.kernel.claims.delete(record.id);
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

  /** Forget a kernel that is gone, and all its claims. */
  forget(holderId: string): void {
    const kernel = this.kernels.get(holderId);
    if (!kernel) {
      return;
    }
    this.kernels.delete(holderId);
    for (const claimId of kernel.claims.keys()) {
      this.claims.delete(claimId);
    }
    kernel.stopLapse?.();
    kernel.voice?.close();
    kernel.voice = null;
  }
}
