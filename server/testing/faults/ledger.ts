import type { GateClaim, GateGrant } from '../../protocol/gate';

/** Hears of grants for as long as they are in force. */
export interface ILedger {
  enter(claimId: string, grant: GateGrant, claim: GateClaim): void;
  leave(claimId: string): void;
}

/** The grants in force, as the gates know them: what they ask for together must be there. */
export class Ledger implements ILedger {
  /** What was granted twice. */
  readonly doubleGrants: string[] = [];
  private readonly memory = new Map<string, number>();
  private readonly exclusive = new Map<string, string>();

  constructor(private readonly memoryBytes: number) {}

  enter(claimId: string, grant: GateGrant, claim: GateClaim): void {
    this.memory.set(claimId, grant.memoryBytes ?? 0);
    const sum = [...this.memory.values()].reduce((a, b) => a + b, 0);
    if (sum > this.memoryBytes) {
      this.doubleGrants.push(`${sum} bytes at once: ${[...this.memory.keys()].join(', ')}`);
    }
    if ((claim.sources.metadata as { exclusive?: boolean } | undefined)?.exclusive) {
      const other = [...this.exclusive].find(([, cpus]) => cpus === grant.cpus);
      if (other) {
        this.doubleGrants.push(`CPU ${grant.cpus}, exclusive to ${other[0]} and to ${claimId}`);
      }
      this.exclusive.set(claimId, String(grant.cpus));
    }
  }

  leave(claimId: string): void {
    this.memory.delete(claimId);
    this.exclusive.delete(claimId);
  }
}
