import type { Caller } from '../protocol/caller';
import type { Drain } from '../protocol/facts';
import type { CapOrder } from './cap/capOrders';

/** What an administrator may order; whoever posts it has checked that they are one. */
export type Order =
  /** An administrator drains the node, or (null) no longer (ADMIN2). */
  | { readonly type: 'drainChosen'; readonly drain: Drain | null; readonly by: Caller }
  /**
   * An administrator takes back what a claim of a holder has, or (`claimId` is null) all that the
   * holder has and keeps (ADMIN4). `graceMs` is null for the configured grace.
   */
  | {
      readonly type: 'evictionChosen';
      readonly holderId: string;
      readonly claimId: string | null;
      readonly graceMs: number | null;
      readonly why: string | null;
      readonly by: Caller;
    }
  /** An administrator puts a holder into a group, or (null) back where the configuration has it (ADMIN5). */
  | {
      readonly type: 'groupAssigned';
      readonly holderId: string;
      readonly group: readonly string[] | null;
      readonly by: Caller;
    }
  /** An administrator caps a group or a user, or no longer (ADMIN7): the orders that stand from now on. */
  | { readonly type: 'capsOrdered'; readonly orders: readonly CapOrder[]; readonly by: Caller };
