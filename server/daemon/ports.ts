import type { CapOrder } from '../core/cap/capOrders';
import type { Event, NodeFacts, PolicyName } from '../core/events';
import type { Ask } from '../protocol/ask';
import type { AuditView } from '../protocol/audit';
import type { Caller } from '../protocol/caller';
import type { CpuSet } from '../protocol/cpuset';
import type { Refusal } from '../protocol/errors';
import type { CapOwner, Reason } from '../protocol/facts';
import type { HintSources } from '../protocol/gate';
import type { HolderKind } from '../protocol/holder';
import type { HubGroupsView } from '../protocol/hubGroups';
import type { CpuPinning, Grant } from '../protocol/grant';
import type { Hints } from '../protocol/hints';
import type { ConfigurationView } from '../protocol/configuration';
import type { ClaimStory, Fit, FitCell, Snapshot } from '../protocol/view';
import type { IClock } from './clock';
import type { IConsent } from './consentPort';
import type { ICulling } from './cull/port';

export type { KernelReport } from './cull/port';
export type { IHistory } from './historyPort';
import type { KnownProcess } from './knownProcess';

export type { IProcesses, KnownProcess, ProcessIdentity } from './knownProcess';
export type { INodeMeters } from './nodeMeters';
export type { PolicyName };

/** The caps that an order names. */
export type CapsOrdered = CapOrder['caps'];

/** How much a line of the log matters to a person. */
export type LogLevel = 'info' | 'warning' | 'error';

/** Writes one sentence to the log. */
export type Log = (level: LogLevel, sentence: string) => void;

/**
 * Receives the arbiter's answers.
 *
 * #### Notes
 * Called in the order of the decisions, each once what it promises is in
 * force. Nothing thrown here is caught: an implementation handles its own
 * failures.
 */
export interface IAnswers {
  /** A claim runs, or (`isChange`) the grant of a running claim changed. */
  granted(claimId: string, grant: Grant, pinning: CpuPinning, isChange: boolean): void;
  waiting(claimId: string, reason: Reason, position: number): void;
  refused(claimId: string, refusal: Refusal): void;
  interrupted(claimId: string, refusal: Refusal): void;
  /** A holder's claims that ask for nothing may start before they are announced; or no longer. */
  standing(holderId: string, isGiven: boolean): void;
  /** Asks a holder to free idle GPU memory (GPU5). */
  freeAsked(holderId: string, gpus: readonly string[]): void;
  /** Why a holder that is gone was killed (MEM3). */
  killed(holderId: string, kind: HolderKind, refusal: Refusal): void;
  /** The masks that a holder's gate sets itself have changed (affinity tier). */
  maskChanged(holderId: string, affinity: CpuSet | null): void;
}

/** An ask, or the reason for its refusal. */
export type AskOrRefusal = { readonly ask: Ask } | { readonly refusal: Refusal };

/** Hints as an author writes them. */
export type Written = Readonly<Record<string, unknown>>;

/**
 * The hints that apply where a cell states none (ADM2).
 *
 * #### Notes
 * Malformed defaults are refused when they are set, so no claim ever meets one.
 */
export interface IDefaults {
  /** The defaults that apply to the cells of a kernel, nearest first. */
  hintsFor(holderId: string): readonly Hints[];
  /** A user's defaults as they were written. */
  ofUser(of: Caller): Written;
  /** A notebook's defaults as they were written. */
  ofKernel(holderId: string): Written;
  /** Set a user's defaults; resolves when they are saved. */
  setUser(written: Written, by: Caller): Promise<Refusal | null>;
  /** Set a notebook's defaults; resolves when they are saved. */
  setKernel(holderId: string, written: Written): Promise<Refusal | null>;
}

/** A claim that arrives; its time is stamped by the arbiter. */
export type NewClaim = Omit<Extract<Event, { type: 'claimArrived' }>, 'type' | 'atMs'>;

/** How a cell ended. */
export type Outcome = Extract<Event, { type: 'claimEnded' }>['outcome'];

/** Admits processes by the token that their speaker presents (SEC6). */
export interface IRegistrar {
  /** Admit a caller's process, for which somebody speaks with this token; it is confined when this returns null. */
  arrive(process: KnownProcess, token: string | null, caller: Caller): Refusal | null;
  /** Why a caller with this token may not speak for a holder; null if the holder is not alive. */
  whyNotSpeak(holderId: string, token: string | null, caller: Caller): Refusal | null;
  /** Let a caller launch a kernel for a notebook; returns why it may not be launched (CAP5). */
  launch(holderId: string, notebook: string | null, caller: Caller): Refusal | null;
  /** A launch is over; if its kernel does not live, it has failed. */
  endLaunch(holderId: string): void;
}

/** Who may act for everybody on this node. */
export interface IAdministrators {
  /** Whether a user is an administrator now (ADMIN1). */
  includes(caller: Caller): boolean;
}

/** The owners of holders. */
export interface IOwners {
  /** Why a caller may not act on a holder (SEC8): it is unknown, or another user's. */
  whyNotYours(holderId: string, by: Caller): Refusal | null;
  /** Whether a holder belongs to a caller, or to nobody who is known. */
  isOwn(holderId: string, by: Caller): boolean;
}

/** The admitted processes. */
interface IHolders {
  /** Check that a holder is alive. */
  suspect(holderId: string): void;
  /** The speaker of a holder is done: a command is released (RUN6), any other is checked to be alive. */
  leave(holderId: string): void;
  /** Be notified of holders that are gone, before their claims are released. */
  onGone(listener: (holderId: string) => void): void;
}

/** The claims of holders. */
export interface IClaims {
  /** What a cell of this holder asks for, with its defaults merged in (ADM2). */
  askOf(holderId: string, sources: HintSources, lineBytes: number): AskOrRefusal;
  claim(claim: NewClaim): void;
  /** A claim of this holder ended; `cpuSeconds` is what its gate counted. */
  end(holderId: string, claimId: string, outcome: Outcome, cpuSeconds: number | null): void;
  /** A waiting claim is given up by its own gate; there is no answer. */
  giveUp(claimId: string): void;
  /** How a cell with these hints would fare if a holder ran it now; null for an unknown holder. */
  fit(holderId: string, cell: FitCell): Fit | null;
}

/** What the gates see of the sidecar. */
export interface IGateServices {
  readonly node: NodeFacts;
  /** What a gate does without a sidecar. */
  readonly failure: 'open' | 'closed';
  /** The clock that stamps events. */
  readonly clock: Pick<IClock, 'nowMs'>;
  readonly administrators: IAdministrators;
  readonly registrar: IRegistrar;
  readonly holders: Pick<IHolders, 'suspect' | 'leave' | 'onGone'>;
  readonly claims: Pick<IClaims, 'askOf' | 'claim' | 'end' | 'giveUp'>;
  /** Keys the hash of a cell's source, so that nobody can look it up (HIST3). */
  readonly sourceKey: { keyed(sourceHash: string | null): string | null };
  /** `saved` resolves when all arrivals would survive a crash of the sidecar, or the disk refuses them for now. */
  readonly holderStore: { readonly saved: Promise<void> };
  /** A gate has reported all that it holds. */
  readonly reconciliation: { heard(holderId: string): void };
  /** Sets the receiver of the answers to claims; once. */
  readonly interpreter: { answerTo(answers: IAnswers): void };
}

/** Shows the decisions. */
export interface IShown {
  snapshot(): Snapshot;
  /** A claim with its story; null if it is unknown or forgotten. */
  story(claimId: string): ClaimStory | null;
  /** Call `listener` after each event; returns the undo. */
  onStep(listener: () => void): () => void;
}

/** What may be administered. */
export interface IAdministration {
  view(): ConfigurationView;
}

/** What an eviction takes back: what a claim has, or all of a holder. */
export type EvictionTarget =
  | { readonly claimId: string; readonly holderId: null }
  | { readonly claimId: null; readonly holderId: string };

/**
 * What administrators may do, each recorded before it is done (ADMIN6).
 *
 * #### Notes
 * Each resolves to why it was refused, and records that, too. `why` is in the administrator's own words.
 */
export interface IActions {
  /** Grant nothing new from now on (ADMIN2). */
  drain(why: string | null, by: Caller): Promise<Refusal | null>;
  undrain(by: Caller): Promise<Refusal | null>;
  /** Cancel a waiting claim, which everybody may do with their own (ADMIN3). */
  cancel(claimId: string, why: string | null, by: Caller): Promise<Refusal | null>;
  /** Take back what is granted, after a grace in ms; null for the configured one (ADMIN4). */
  evict(
    target: EvictionTarget,
    graceMs: number | null,
    why: string | null,
    by: Caller
  ): Promise<Refusal | null>;
  /** Put a holder into a group such as `atlas/prod`, or (null) back (ADMIN5). */
  move(
    holderId: string,
    group: string | null,
    why: string | null,
    by: Caller
  ): Promise<Refusal | null>;
  /** Cap a group or a user in place of what is configured, or (null) as configured again (ADMIN7). */
  cap(
    of: CapOwner,
    caps: CapsOrdered | null,
    why: string | null,
    by: Caller
  ): Promise<Refusal | null>;
  /** Share CPUs by another policy. */
  choosePolicy(policy: PolicyName, by: Caller): Promise<Refusal | null>;
  /** What was done and tried since a time, ms since the epoch. */
  readLog(sinceMs: number, by: Caller): Promise<AuditView | Refusal>;
}

/** The groups that users have in JupyterHub (HUB1); each answers with a user's, or with why not. */
export interface IHubGroups {
  find(user: string, by: Caller): Promise<HubGroupsView | Refusal>;
  /** State all groups of a user; resolves when they are saved. */
  state(user: string, groups: readonly string[], by: Caller): Promise<HubGroupsView | Refusal>;
}

/** Figures for a monitoring system, in the text format of Prometheus. */
export interface IMetrics {
  text(): Promise<string>;
}

/** What requests see of the sidecar. */
export interface IApi {
  readonly defaults: IDefaults;
  readonly consent: IConsent;
  readonly culling: ICulling;
  readonly actions: IActions;
  readonly administration: IAdministration;
  readonly administrators: IAdministrators;

  readonly hubGroups: IHubGroups;
  readonly owners: IOwners;
  readonly claims: Pick<IClaims, 'fit'>;
  readonly arbiter: IShown;
  /** Whether all grants are known again after a restart (ENF4). */
  readonly reconciliation: { readonly isOver: boolean };
}
