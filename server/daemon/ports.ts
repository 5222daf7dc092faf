import type { Event, GpuUse, NodeFacts, PolicyName } from '../core/events';
import type { HeldGrant } from '../core/effects';
import type { HeldMemory } from '../host/memoryMeter';
import type { Ask } from '../protocol/ask';
import type { Caller } from '../protocol/caller';
import type { CpuSet } from '../protocol/cpuset';
import type { Refusal } from '../protocol/errors';
import type { Reason } from '../protocol/facts';
import type { GateProcess, HintSources } from '../protocol/gate';
import type { HolderKind } from '../protocol/holder';
import type { CpuPinning, Grant } from '../protocol/grant';
import type { Hints } from '../protocol/hints';
import type { ConfigurationView } from '../protocol/configuration';
import type { ClaimStory, Fit, Snapshot } from '../protocol/view';
import type { IClock } from './clock';

export type { PolicyName };

/** How much a line of the log matters to a person. */
export type LogLevel = 'info' | 'warning' | 'error';

/** Writes one sentence to the log. */
export type Log = (level: LogLevel, sentence: string) => void;

/** A live process, as far as identity goes. */
type ProcessFacts = {
  readonly startTicks: number;
  readonly parentPid: number;
};

/** A process, named for good. */
export type ProcessIdentity = Pick<GateProcess, 'pid' | 'startTicks'>;

/** Knows the processes of this machine. */
export interface IProcesses {
  /** Facts of a live process; null where there is none, or none can be read. A zombie is none. */
  find(pid: number): ProcessFacts | null;

  /** Whether this very process has ended; false where that cannot be told. */
  hasEnded(process: ProcessIdentity): boolean;

  /** The real user id of a process; null where there is none. */
  userOf(pid: number): number | null;

  /** End this very process at once, where it lives. */
  kill(process: ProcessIdentity): void;
}

/** What the whole node uses now. */
type NodeUse = {
  readonly cpusBusy: number;
  readonly memoryUsedBytes: number;
  readonly memoryPressure: number | null;
  /** What could be taken without pushing anybody's memory out. */
  readonly memoryAvailableBytes: number | null;
};

/** Reads the meters of the node. */
export interface INodeMeters {
  /** May watch the node for a while; null where nothing can be told. */
  node(): Promise<NodeUse | null>;
  /** At this moment; null where it cannot be told. */
  memory(): HeldMemory | null;
  /** The newest figures of the GPUs; empty where there are none. */
  gpus(): readonly GpuUse[];
}

/**
 * Hears what the arbiter answers.
 *
 * #### Notes
 * Called in the order of the decisions, each after what it promises is in
 * force. Nothing thrown here is caught: an implementation absorbs its own
 * failures.
 */
export interface IAnswers {
  /** A claim runs, or (`isChange`) the grant of a running claim changed. */
  granted(claimId: string, grant: Grant, pinning: CpuPinning, isChange: boolean): void;
  waiting(claimId: string, reason: Reason, position: number): void;
  refused(claimId: string, refusal: Refusal): void;
  interrupted(claimId: string, refusal: Refusal): void;
  /** A holder's claims that ask for nothing may start before they are heard of; or no more. */
  standing(holderId: string, isGiven: boolean): void;
  /** Asks a holder to give idle GPU memory back (GPU5). */
  freeAsked(holderId: string, gpus: readonly string[]): void;
  /** Why a holder that is gone was killed (MEM3). */
  killed(holderId: string, kind: HolderKind, refusal: Refusal): void;
  /** The masks that a holder's gate sets itself are others now (affinity tier). */
  maskChanged(holderId: string, affinity: CpuSet | null): void;
}

/** An ask, or why there is none. */
export type AskOrRefusal = { readonly ask: Ask } | { readonly refusal: Refusal };

/** Hints as an author writes them. */
export type Written = Readonly<Record<string, unknown>>;

/**
 * The hints that count where a cell says nothing (ADM2).
 *
 * #### Notes
 * Malformed defaults are refused when they are set, so no claim ever meets one.
 */
export interface IDefaults {
  /** What counts for the cells of a kernel, nearest first. */
  hintsFor(holderId: string): readonly Hints[];
  /** A user's defaults as they were written. */
  ofUser(of: Caller): Written;
  /** A notebook's defaults as they were written. */
  ofKernel(holderId: string): Written;
  /** Set a user's defaults; resolves when they are kept. */
  setUser(written: Written, by: Caller): Promise<Refusal | null>;
  /** Set a notebook's defaults; resolves when they are kept. */
  setKernel(holderId: string, written: Written): Promise<Refusal | null>;
}

/** A claim that arrives; its time is stamped by the arbiter. */
export type NewClaim = Omit<Extract<Event, { type: 'claimArrived' }>, 'type' | 'atMs'>;

/** How a cell ended. */
export type Outcome = Extract<Event, { type: 'claimEnded' }>['outcome'];

/** A process that was let in, with what was learned of it since. */
export type KnownProcess = GateProcess & {
  readonly kind: HolderKind;
  /** Whose it is; absent before it was let in. */
  readonly owner?: Caller;
  /** Whether a gate has said hello for it: what its launcher expects, none may keep. */
  readonly gated: boolean;
  /** The process whose gate spoke for it last; null or absent where none has. */
  readonly gate?: ProcessIdentity | null;
  /** GPUs that it is bound to until it ends (GPU2), and that its fence lets it open; none where absent. */
  readonly boundGpus?: readonly string[];
  /** What its first speaker told of its token (SEC6), as a digest; null or absent where that told none. */
  readonly tokenDigest?: string | null;
  /** What it keeps across cells (ADM9); nothing where null or absent. */
  readonly kept?: HeldGrant | null;
  /** The processes that it came from, the nearest first, as it arrived: some may have ended since. */
  readonly ancestors?: readonly number[];
};

/** Lets processes in by the token that who speaks for them tells (SEC6). */
export interface IRegistrar {
  /** Take a caller's process in, for which somebody speaks with this token; it is confined when this returns null. */
  arrive(process: KnownProcess, token: string | null, caller: Caller): Refusal | null;
  /** Why a caller who tells this token may not speak for a holder; null for one that does not live. */
  whyNotSpeak(holderId: string, token: string | null, caller: Caller): Refusal | null;
}

/** Whose holders are. */
export interface IOwners {
  /** Why somebody may not act on a holder (SEC8): it is not known, or another user's. */
  whyNotYours(holderId: string, by: Caller): Refusal | null;
}

/** Those that were let in. */
interface IHolders {
  /** Look whether a holder still lives. */
  suspect(holderId: string): void;
  /** Who spoke for a holder is done: a command is let go (RUN6), of any other it is looked whether it lives. */
  leave(holderId: string): void;
  /** Hear of holders that are gone, before their claims are taken back. */
  onGone(listener: (holderId: string) => void): void;
}

/** The claims of holders. */
export interface IClaims {
  /** What a cell of this holder asks for, its defaults merged (ADM2). */
  askOf(holderId: string, sources: HintSources, lineBytes: number): AskOrRefusal;
  claim(claim: NewClaim): void;
  end(claimId: string, outcome: Outcome, cpuSeconds: number | null): void;
  /** Its own gate gives a waiting claim up; answered by nothing. */
  giveUp(claimId: string): void;
  /** Cancel a waiting claim; returns why not. */
  cancel(claimId: string, by: Caller): Refusal | null;
  /** How a cell with these hints would fare if a holder ran it now; null for one that is not known. */
  fit(holderId: string, sources: HintSources): Fit | null;
}

/** What the gates see of the sidecar. */
export interface IGateServices {
  readonly node: NodeFacts;
  /** What a gate does without a sidecar. */
  readonly failure: 'open' | 'closed';
  /** Tells the time that events carry. */
  readonly clock: Pick<IClock, 'nowMs'>;
  readonly registrar: IRegistrar;
  readonly holders: Pick<IHolders, 'suspect' | 'leave' | 'onGone'>;
  readonly claims: Pick<IClaims, 'askOf' | 'claim' | 'end' | 'giveUp'>;
  /** `kept` resolves when whoever has arrived outlives a crash of the sidecar, or the disk refuses it for now. */
  readonly holderStore: { readonly saved: Promise<void> };
  /** A gate has told all that it holds. */
  readonly reconciliation: { heard(holderId: string): void };
  /** Names who hears the answers to claims; once. */
  readonly interpreter: { answerTo(answers: IAnswers): void };
}

/** What holders keep between cells, and how it comes back (ADM9, GPU5); each returns why not. */
export interface IConsent {
  /** Ask a holder that runs nothing for the GPU memory that it keeps. */
  askToFree(holderId: string, by: Caller): Refusal | null;
  /** Ask a kernel's owner to restart it for a claim that it is in the way of. */
  requestRestart(holderId: string, claimId: string, by: Caller): Refusal | null;
  /** The owner of a kernel says no to that. */
  declineRestart(holderId: string, by: Caller): Refusal | null;
  /** Give back the grant that a holder keeps for its next cell. */
  releaseHold(holderId: string, by: Caller): Refusal | null;
}

/** Shows what is decided. */
export interface IShown {
  snapshot(): Snapshot;
  /** One claim with its story; null where it is not known (any more). */
  story(claimId: string): ClaimStory | null;
  /** Call `listener` after each event; returns the undo. */
  onStep(listener: () => void): () => void;
}

/** What may be administered. */
export interface IAdministration {
  view(): ConfigurationView;
  /** Share CPUs by another policy; returns why not: it is the administrator's to say. */
  choosePolicy(policy: PolicyName, by: Caller): Refusal | null;
}

/** Figures for a monitoring system. */
export interface IMetrics {
  /** All of them, in the text format of Prometheus. */
  text(): Promise<string>;
}

/** What requests see of the sidecar. */
export interface IApi {
  readonly defaults: IDefaults;
  readonly consent: IConsent;
  readonly administration: IAdministration;
  readonly owners: IOwners;
  readonly claims: Pick<IClaims, 'fit' | 'cancel'>;
  readonly arbiter: IShown;
  /** Whether it is known again who holds what, after a restart (ENF4). */
  readonly reconciliation: { readonly isOver: boolean };
}
