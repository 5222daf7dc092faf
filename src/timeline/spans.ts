import type { Ask } from '../../server/protocol/ask';
import type { ExecutionOutcome } from '../../server/protocol/execution';
import type { ToldGrant } from '../../server/protocol/grant';
import type { ExecutionView } from '../../server/protocol/history';
import type { HolderKind } from '../../server/protocol/holder';
import type { ClaimView } from '../../server/protocol/view';

/** One execution of a cell on the timeline, past or present. Times are in ms since the epoch. */
export type Span = {
  readonly claimId: string;
  readonly holderId: string;
  readonly holderKind: HolderKind;
  readonly holderName: string;
  readonly owner: string;
  readonly cellId: string | null;
  readonly label: string | null;
  readonly ask: Ask;
  readonly grant: ToldGrant | null;
  readonly arrivedMs: number;
  /** Null if it has not run. */
  readonly grantedMs: number | null;
  /** Null while it waits or runs. */
  readonly endedMs: number | null;
  /** Null while it waits or runs. */
  readonly outcome: ExecutionOutcome | null;
  readonly cpuSeconds: number | null;
  readonly memoryPeakBytes: number | null;
};

/** A recorded execution. */
export function spanOf(execution: ExecutionView): Span {
  const { claimId, holderId, holderKind, holderName, owner, cellId, label } = execution;
  const { ask, grant, arrivedMs, grantedMs, endedMs, outcome, used } = execution;
  return {
    ...{ claimId, holderId, holderKind, holderName, owner, cellId, label },
    ...{ ask, grant, arrivedMs, grantedMs, endedMs, outcome },
    cpuSeconds: used?.cpuSeconds ?? null,
    memoryPeakBytes: used?.memoryPeakBytes ?? null
  };
}

/** A claim that waits or runs now; null for one that is done, which history has. */
export function activeSpan(claim: ClaimView): Span | null {
  if (claim.state === 'done') {
    return null;
  }
  const { id: claimId, holderId, holderKind, holderName, owner, cellId, label } = claim;
  const isRunning = claim.state === 'running';
  return {
    ...{ claimId, holderId, holderKind, holderName, owner, cellId, label },
    ...{ ask: claim.ask, arrivedMs: claim.arrivedMs },
    ...{ endedMs: null, outcome: null, cpuSeconds: null },
    grant: isRunning ? claim.grant : null,
    grantedMs: isRunning ? claim.grantedMs : null,
    memoryPeakBytes: isRunning ? claim.memoryBytes : null
  };
}
