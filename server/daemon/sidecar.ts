import type { NodeFacts, PolicyName } from '../core/events';
import type { EnforcementError, IEnforcer, ISpreader } from '../enforce/enforcer';
import type { OwnDirectory } from '../host/ownDirectory';
import type { Caller } from '../protocol/caller';
import { Actions } from './admin/actions';
import { Administration } from './config/administration';
import { Arbiter } from './arbiter';
import { Claims } from './claims';
import type { IClock } from './clock';
import type { ConfigFiles } from './config/configFile';
import { Consent } from './consent';
import { Culling } from './cull/culling';
import { Defaults } from './config/defaults';
import { Holders } from './holders';
import { HubGroups } from './hubGroups';
import { Interpreter } from './interpreter';
import { restoreHolds } from './heldGrants';
import { Sampler } from './measure';
import { MemoryWatch } from './memoryWatch';
import type { IAdministrators, IApi, IGateServices, INodeMeters, IProcesses, Log } from './ports';
import type { Owners } from './owners';
import { Reconciliation } from './reconcile';
import { Registrar } from './registrar';
import { HolderStore } from './holderStore';
import { SourceKey } from './sourceKey';
import { Spreading, type RunningHolder } from './spreading';

/** The sidecar's dependencies. */
export type SidecarParts = {
  readonly node: NodeFacts;
  readonly enforcer: IEnforcer;
  readonly spreader: ISpreader;
  /** Whether the host's scheduler packs threads; null if that cannot be determined now. */
  readonly findPacking: () => Promise<boolean | null>;
  readonly processes: IProcesses;
  readonly meters: INodeMeters;
  readonly clock: IClock;
  /** A user's name as this machine has it; null if there is no such user. */
  readonly findUser: (name: string) => Promise<string | null>;
  readonly log: Log;
  readonly version: string;
  readonly failure: 'open' | 'closed';
  /** Stores what outlives a sidecar. */
  readonly directory: OwnDirectory;
  /** The user whose holders are readmitted after a restart. */
  readonly owner: Caller;
  readonly administrators: IAdministrators;
  /** The administrator's file, already read; null if none was named. */
  readonly config: ConfigFiles | null;
  /** Ends the process at once: the state can no longer be trusted. */
  readonly fatal: (why: string) => void;
};

/**
 * The daemon as a whole: the only place that knows all of its parts, which gates and requests
 * see individually.
 */
export class Sidecar implements IGateServices, IApi {
  readonly node: NodeFacts;
  /** The owner of the directory. */
  readonly owner: Caller;
  readonly failure: 'open' | 'closed';
  readonly clock: IClock;
  readonly arbiter: Arbiter;
  readonly interpreter: Interpreter;
  readonly hubGroups: HubGroups;
  readonly holders: Holders;
  readonly administrators: IAdministrators;
  readonly owners: Owners;
  readonly holderStore: HolderStore;
  readonly sourceKey: SourceKey;
  readonly registrar: Registrar;
  readonly reconciliation: Reconciliation;
  readonly defaults: Defaults;
  readonly actions: Actions;
  readonly administration: Administration;
  readonly claims: Claims;
  readonly consent: Consent;
  readonly culling: Culling;
  private readonly sampler: Sampler;
  private readonly memoryWatch: MemoryWatch;
  private readonly spreading: Spreading;
  private readonly notices = new Map<string, readonly string[]>();

  constructor(private readonly parts: SidecarParts) {
    const { node, enforcer, clock, directory } = parts;
    [this.node, this.failure, this.clock] = [node, parts.failure, clock];
    [this.owner, this.administrators] = [parts.owner, parts.administrators];
    this.arbiter = new Arbiter({ ...parts, carryOut: it => this.interpreter.carryOut(it) });
    const [post, notice] = [this.arbiter.post.bind(this.arbiter), this.notice.bind(this)];
    const confinementOf = this.arbiter.confinementOf.bind(this.arbiter);
    const runningHolderIds = this.arbiter.runningHolderIds.bind(this.arbiter);
    [this.holderStore, this.sourceKey] = [new HolderStore(directory), new SourceKey(directory)];
    this.hubGroups = new HubGroups({ ...parts, onChange: user => this.holders.regroup(user) });
    const hubGroupsOf = this.hubGroups.of.bind(this.hubGroups);
    this.holders = new Holders({ ...parts, post, runningHolderIds, hubGroupsOf });
    this.owners = this.holders.owners;
    this.registrar = new Registrar(this.holders, this.arbiter, hubGroupsOf);
    this.memoryWatch = new MemoryWatch({ enforcer, post });
    this.culling = new Culling({ ...parts, arbiter: this.arbiter, owners: this.owners });
    this.interpreter = new Interpreter({
      ...parts,
      holders: this.holders,
      holderStore: this.holderStore,
      memoryWatch: this.memoryWatch,
      culling: this.culling,
      confinementOf,
      post
    });
    this.defaults = new Defaults(directory, parts.owner, this.owners, () =>
      post({ type: 'defaultsChanged' })
    );
    this.administration = new Administration({ ...parts, post, notice });
    this.reconciliation = new Reconciliation({ post, settle: it => this.settle(it) });
    const holderIds = () => this.holders.list().map(it => it.holderId);
    this.sampler = new Sampler({ ...parts, post, holderIds, runningHolderIds });
    this.claims = new Claims({
      ...parts,
      arbiter: this.arbiter,
      interpreter: this.interpreter,
      holders: this.holders,
      defaults: this.defaults,
      administration: this.administration,
      reconciliation: this.reconciliation,
      sampler: this.sampler
    });
    this.actions = new Actions(parts, this);
    const snapshot = () => this.arbiter.snapshot();
    this.consent = new Consent({ ...parts, post, snapshot, owners: this.owners });
    const cpus = node.cpus.map(it => it.id);
    this.spreading = new Spreading({ ...parts, post, cpus, running: () => this.running(), notice });
    this.holders.onGone(holderId => this.forget(holderId));
  }

  /**
   * Restore the previous state, then measure and watch; returns the undo.
   *
   * #### Notes
   * Kernels of the previous sidecar are confined again at once; their gates
   * report what they hold. Places that nobody claims within the grace period
   * are removed.
   */
  start(policy: PolicyName, notices: readonly string[]): () => Promise<void> {
    this.arbiter.post({ type: 'nodeFound', node: this.node });
    this.arbiter.post({ type: 'policyChosen', policy, by: null });
    this.notice('start', notices);
    this.administration.begin(policy);
    this.actions.begin(this.owner);
    const reconciled = this.reconciliation.begin(this.restore());
    // Nobody reports what a holder without a gate holds: it holds nothing.
    this.holders.list().forEach(it => it.gated || this.reconciliation.heard(it.holderId));
    this.holders.onChange(() => void this.holderStore.save(this.holders.list()));
    const unwatch = this.arbiter.onStep((_, effects) => this.sampler.follow(effects));
    const undos = [reconciled, this.sampler.begin(), this.holders.watch(), unwatch];
    const gather = this.spreading.begin();
    return async () => {
      await gather();
      undos.forEach(undo => undo());
      this.memoryWatch.end();
      await this.holderStore.save(this.holders.list());
    };
  }

  /** Show people these notices, replacing the previous ones on this topic. */
  notice(topic: string, notices: readonly string[]): void {
    this.notices.set(topic, notices);
    this.arbiter.post({ type: 'noticed', notices: [...this.notices.values()].flat() });
  }

  /** The GPUs were read again. */
  gpusMeasured(): void {
    this.sampler.measureGpus();
  }

  /** A deferred write failed. */
  failed(holderId: string, { what, errno }: EnforcementError): void {
    this.arbiter.post({ type: 'enforcementFailed', holderId, what, errno });
  }

  /** A holder had escaped its confinement, and is confined again (ENF5, ENF10). */
  broughtBack(holderId: string, what: string): void {
    this.arbiter.post({ type: 'holderBroughtBack', holderId, what });
  }

  /** Readmit the holders of the previous sidecar; returns those that have yet to report. */
  private restore(): ReadonlySet<string> {
    const expected = new Set(this.parts.enforcer.found());
    for (const { holderId, kept } of this.holders.restore(
      this.holderStore.load(),
      this.parts.owner
    )) {
      expected.add(holderId);
      kept && restoreHolds(it => this.arbiter.post(it), kept);
    }
    return expected;
  }

  /** A holder is gone: every part forgets it. */
  private forget(holderId: string): void {
    this.spreading.forget(holderId);
    this.reconciliation.dropHolder(holderId);
    this.sampler.forget(holderId);
    this.memoryWatch.forget(holderId);
    this.culling.forget(holderId);
    this.reconciliation.heard(holderId);
  }

  private running(): readonly RunningHolder[] {
    const running = this.arbiter.runningHolderIds();
    return this.holders
      .list()
      .filter(it => running.has(it.holderId))
      .map(({ holderId, pid, startTicks }) => ({
        target: { holderId, pid, startTicks },
        confinement: this.arbiter.confinementOf(holderId)
      }));
  }

  /** What an earlier sidecar wrote for a holder no longer applies: only what is decided now, or nothing. */
  private settle(holderId: string): void {
    this.holders.has(holderId)
      ? this.arbiter.post({ type: 'holderSettled', holderId })
      : this.holders.undo(holderId);
  }
}
