import type { NodeFacts, PolicyName } from '../core/events';
import type { EnforcementError, IEnforcer, ISpreader } from '../enforce/enforcer';
import type { OwnDirectory } from '../host/ownDirectory';
import { formatCpuList } from '../lib/cpuset';
import type { Caller } from '../protocol/caller';
import { refusal, type Refusal } from '../protocol/errors';
import type { HintSources } from '../protocol/gate';
import type { ClaimStory, ConfigurationView, Fit, Snapshot } from '../protocol/view';
import { Administration } from './config/administration';
import { Arbiter } from './arbiter';
import { askOf } from './asks';
import { believable } from './belief';
import type { IClock } from './clock';
import type { ConfigFiles } from './config/configFile';
import { Consent } from './consent';
import { Defaults } from './config/defaults';
import { Holders } from './holders';
import { digestOf } from './identity';
import { Sampler } from './measure';
import { restoreKept } from './keptGrants';
import { MemoryWatch } from './memoryWatch';
import type {
  KnownProcess,
  AskOrRefusal,
  IAnswers,
  IApi,
  IGateKeeper,
  INodeMeters,
  IProcesses,
  Log,
  NewClaim,
  Outcome
} from './ports';
import { HELD_SENTENCE, Reconciliation } from './reconcile';
import { Roster } from './roster';
import { Spreading, type RunningHolder } from './spreading';

/** What the sidecar is made of. */
export type SidecarParts = {
  readonly node: NodeFacts;
  readonly enforcer: IEnforcer;
  readonly spreader: ISpreader;
  /** Whether the host's scheduler packs threads; null where that cannot be told now. */
  readonly findPacking: () => Promise<boolean | null>;
  readonly processes: IProcesses;
  readonly meters: INodeMeters;
  readonly clock: IClock;
  readonly log: Log;
  readonly version: string;
  readonly failure: 'open' | 'closed';
  /** Where what outlives a sidecar is kept. */
  readonly directory: OwnDirectory;
  /** Whose holders are taken back after a restart. */
  readonly owner: Caller;
  /** The administrator's file, read already; null where none was named. */
  readonly config: ConfigFiles | null;
  /** Ends the process at once: the state can no longer be trusted. */
  readonly fatal: (why: string) => void;
};

/** The daemon as a whole: joins the arbiter with what feeds it. */
export class Sidecar implements IGateKeeper, IApi {
  readonly version: string;
  readonly node: NodeFacts;
  readonly failure: 'open' | 'closed';
  readonly defaults: Defaults;
  readonly consent: Consent;
  private readonly arbiter: Arbiter;
  private readonly holders: Holders;
  private readonly sampler: Sampler;
  private readonly memoryWatch: MemoryWatch;
  private readonly spreading: Spreading;
  private readonly roster: Roster;
  private readonly administration: Administration;
  private readonly notices = new Map<string, readonly string[]>();
  private reconciliation: Reconciliation;
  private answers: IAnswers | null = null;

  constructor(private readonly parts: SidecarParts) {
    const { enforcer, clock, directory, meters } = parts;
    this.version = parts.version;
    this.node = parts.node;
    this.failure = parts.failure;
    this.roster = new Roster(directory);
    this.arbiter = new Arbiter({ ...parts, revive: id => this.holders.revive(id) });
    const post = this.arbiter.post.bind(this.arbiter);
    this.defaults = new Defaults(directory, () => post({ type: 'defaultsChanged' }));
    const runningHolderIds = () => this.arbiter.runningHolderIds();
    this.holders = new Holders({ ...parts, post, runningHolderIds });
    this.memoryWatch = new MemoryWatch({ enforcer, post });
    this.arbiter.onConfined((holderId, { memoryBytes }) =>
      this.memoryWatch.limit(holderId, memoryBytes)
    );
    this.arbiter.onBound((holderId, gpus) => {
      // A sidecar that is killed right after the grant must not shut the fence of a running cell.
      this.holders.bind(holderId, gpus) && this.roster.keepNow(this.holders.list());
    });
    this.arbiter.onKept((holderId, kept) => this.holders.keep(holderId, kept));
    this.sampler = new Sampler({
      enforcer,
      meters,
      post,
      holderIds: () => this.holders.list().map(it => it.holderId),
      runningHolderIds,
      nowMs: () => clock.nowMs()
    });
    const notice = this.notice.bind(this);
    const cpus = formatCpuList(parts.node.cpus.map(it => it.id));
    const running = () => this.running();
    this.spreading = new Spreading({ ...parts, post, cpus, running, notice });
    this.consent = new Consent({ post, snapshot: () => this.snapshot() });
    this.administration = new Administration({ ...parts, post, notice });
    this.reconciliation = this.reconcile(new Set());
    this.holders.onGone(holderId => {
      this.spreading.forget(holderId);
      this.reconciliation.dropHolder(holderId);
      this.sampler.forget(holderId);
      this.memoryWatch.forget(holderId);
    });
  }

  /**
   * Rebuild what was before, then measure and watch; returns the undo.
   *
   * #### Notes
   * Kernels of the sidecar before this one are confined again at once; what
   * they hold comes with their gates. Places that nobody claims within the
   * grace are undone.
   */
  start(policy: PolicyName, notices: readonly string[]): () => Promise<void> {
    this.arbiter.post({ type: 'nodeFound', node: this.parts.node });
    this.arbiter.post({ type: 'policyChosen', policy, by: null });
    this.notice('start', notices);
    this.administration.begin(policy);
    const expected = new Set(this.parts.enforcer.found());
    for (const { holderId, kept } of this.holders.restore(this.roster.load(), this.parts.owner)) {
      expected.add(holderId);
      kept && restoreKept(it => this.arbiter.post(it), kept);
    }
    this.reconciliation = this.reconcile(expected);
    this.holders.list().forEach(it => it.gated || this.heard(it.holderId));
    this.holders.onGone(holderId => this.reconciliation.heard(holderId));
    this.holders.onChange(() => void this.roster.keep(this.holders.list()));
    const undos = [this.reconciliation.begin(), this.sampler.begin(), this.holders.watch()];
    const gather = this.spreading.begin();
    return async () => {
      await gather();
      undos.forEach(undo => undo());
      this.memoryWatch.end();
      await this.roster.keep(this.holders.list());
    };
  }

  /** Tell people something, in place of what was told on this topic before. */
  notice(topic: string, notices: readonly string[]): void {
    this.notices.set(topic, notices);
    this.arbiter.post({ type: 'noticed', notices: [...this.notices.values()].flat() });
  }

  /** Read the administrator's file again (CFG1); what is granted stays granted. */
  reload(): void {
    this.administration.reload();
  }

  /** The GPUs were read anew. */
  gpusMeasured(): void {
    this.sampler.measureGpus();
  }

  /** A write that was tried later failed. */
  failed(holderId: string, { what, errno }: EnforcementError): void {
    this.arbiter.post({ type: 'enforcementFailed', holderId, what, errno });
  }

  answerTo(answers: IAnswers): void {
    this.answers = answers;
    this.arbiter.answerTo(answers);
  }

  arrive(process: KnownProcess, token: string | null, caller: Caller): Refusal | null {
    return this.holders.arrive({ ...process, tokenDigest: token && digestOf(token) }, caller);
  }

  whyNotSpeak(holderId: string, token: string | null): Refusal | null {
    return this.holders.whyNotSpeak(holderId, token && digestOf(token));
  }

  remembered(): Promise<void> {
    return this.roster.kept;
  }

  heard(holderId: string): void {
    this.reconciliation.heard(holderId);
  }

  suspect(holderId: string): void {
    this.holders.suspect(holderId);
  }

  onGone(listener: (holderId: string) => void): void {
    this.holders.onGone(listener);
  }

  askOf(holderId: string, sources: HintSources, lineBytes: number): AskOrRefusal {
    const hints = [...this.defaults.hintsFor(holderId), ...this.administration.hints()];
    return askOf(sources, hints, lineBytes);
  }

  claim(told: NewClaim): void {
    const nowMs = this.nowMs();
    const boundGpus = this.holders.boundTo(told.claim.holderId);
    const body = believable(told, { ...this.parts, nowMs, boundGpus });
    const event = { ...body, type: 'claimArrived' as const };
    const held = { ...event, waitingSinceMs: body.waitingSinceMs ?? nowMs };
    body.granted && this.reconciliation.drop(body.claim.id);
    if (this.reconciliation.holds(held)) {
      this.answers?.waiting(body.claim.id, HELD_SENTENCE, 1);
    } else {
      this.arbiter.post(event);
    }
  }

  end(claimId: string, outcome: Outcome, cpuSeconds: number | null): void {
    this.arbiter.post({ type: 'claimEnded', claimId, outcome, cpuSeconds });
  }

  giveUp(claimId: string): void {
    this.reconciliation.drop(claimId) || this.arbiter.post({ type: 'claimGivenUp', claimId });
  }

  cancel(claimId: string, by: Caller): Refusal | null {
    if (this.reconciliation.drop(claimId)) {
      const details = { by: by.name, resource: 'the restarted sidecar' };
      this.answers?.refused(claimId, refusal('CANCELLED', details));
      return null;
    }
    const state = this.arbiter.story(claimId)?.state ?? 'done';
    if (state === 'waiting') {
      this.arbiter.post({ type: 'claimCancelled', claimId, by });
      return null;
    }
    return refusal(state === 'running' ? 'CLAIM_RUNNING' : 'CLAIM_UNKNOWN', { id: claimId });
  }

  nowMs(): number {
    return this.parts.clock.nowMs();
  }

  knows(holderId: string): boolean {
    return this.holders.has(holderId);
  }

  snapshot(): Snapshot {
    return this.arbiter.snapshot();
  }

  story(claimId: string): ClaimStory | null {
    return this.arbiter.story(claimId);
  }

  fit(holderId: string, sources: HintSources): Fit | null {
    return this.arbiter.fit(holderId, this.askOf(holderId, sources, Infinity));
  }

  choosePolicy(policy: PolicyName, by: Caller): void {
    this.arbiter.post({ type: 'policyChosen', policy, by });
  }

  configuration(): ConfigurationView {
    return this.administration.view();
  }

  onChange(listener: () => void): () => void {
    return this.arbiter.onChange(listener);
  }

  private running(): readonly RunningHolder[] {
    const running = this.arbiter.runningHolderIds();
    return this.holders
      .list()
      .filter(it => running.has(it.holderId))
      .map(({ holderId, pid, startTicks }) => ({
        place: { holderId, pid, startTicks },
        confinement: this.arbiter.confinementOf(holderId)
      }));
  }

  private reconcile(expected: ReadonlySet<string>): Reconciliation {
    return new Reconciliation({
      expected,
      post: event => this.arbiter.post(event),
      settle: holderId => this.settle(holderId)
    });
  }

  /** What an earlier sidecar wrote for a holder counts no more: what is decided now, or nothing. */
  private settle(holderId: string): void {
    this.holders.has(holderId) ? this.arbiter.confineAnew(holderId) : this.holders.undo(holderId);
  }
}
