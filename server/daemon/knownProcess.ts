import type { HeldGrant } from '../core/effects';
import type { Caller } from '../protocol/caller';
import type { GateProcess } from '../protocol/gate';
import type { HolderKind } from '../protocol/holder';

/** The permanent identity of a process. */
export type ProcessIdentity = Pick<GateProcess, 'pid' | 'startTicks'>;

/** A live process, as far as identity goes. */
type ProcessFacts = {
  readonly startTicks: number;
  readonly parentPid: number;
};

/** Knows the processes of this machine. */
export interface IProcesses {
  /** Facts of a live process; null if there is none, or it cannot be read. A zombie counts as none. */
  find(pid: number): ProcessFacts | null;

  /** Whether this very process has ended; false if that cannot be determined. */
  hasEnded(process: ProcessIdentity): boolean;

  /** The real user id of a process; null if there is no such process. */
  userOf(pid: number): number | null;

  /** Kill this very process at once, if it is alive. */
  kill(process: ProcessIdentity): void;
}

/** An admitted process, with what was learned about it since. */
export type KnownProcess = GateProcess & {
  readonly kind: HolderKind;
  /** Its owner; absent before it is admitted. */
  readonly owner?: Caller;
  /** Whether a gate has said hello for it: its launcher may expect a gate that never comes. */
  readonly gated: boolean;
  /** The process whose gate spoke for it last; null or absent where none has. */
  readonly gate?: ProcessIdentity | null;
  /** GPUs that it is bound to until it ends (GPU2), and that its fence lets it open; none if absent. */
  readonly boundGpus?: readonly string[];
  /** The digest of the token that its first speaker presented (SEC6); null or absent if it presented none. */
  readonly tokenDigest?: string | null;
  /** What it keeps across cells (ADM9); nothing if null or absent. */
  readonly kept?: HeldGrant | null;
  /** The group that an administrator put it into (ADMIN5); none if null or absent. */
  readonly assignedGroup?: readonly string[] | null;
  /** Its ancestors when it arrived, nearest first: some may have ended since. */
  readonly ancestors?: readonly number[];
};
