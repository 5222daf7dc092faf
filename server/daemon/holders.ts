import { failureOf, type EnforcementError, type IEnforcer } from '../enforce/enforcer';
import type { Caller } from '../protocol/caller';
import type { Refusal } from '../protocol/errors';
import type { EventBody } from './arbiter';
import { Entrance } from './entrance';
import { HolderWatch } from './holderWatch';
import { ancestorsOf, isWithin } from './identity';
import { Kills } from './kills';
import { endsWithParent, gateOf, KnownProcesses } from './knownProcesses';
import { Owners } from './owners';
import type { IAdministrators, IProcesses, KnownProcess, Log } from './ports';

/** The dependencies of {@link Holders}. */
export type HoldersParts = {
  readonly enforcer: IEnforcer;
  readonly processes: IProcesses;
  readonly administrators: IAdministrators;
  readonly post: (event: EventBody) => void;
  readonly runningHolderIds: () => ReadonlySet<string>;
  readonly hubGroupsOf: (user: string) => readonly string[];
  readonly log: Log;
};

/** What the core decided about a holder, and a restart must not undo. */
type Decided = Partial<Pick<KnownProcess, 'boundGpus' | 'kept' | 'assignedGroup'>>;

/**
 * The live process trees: admits them, and detects when they are gone.
 *
 * #### Notes
 * A process is identified by pid and start ticks, so a reused pid is never taken
 * for the previous process. Every arrival has exactly one end.
 */
export class Holders {
  private readonly known: KnownProcesses;
  readonly owners: Owners;
  private readonly goneListeners: ((holderId: string) => void)[] = [];
  private readonly changeListeners: (() => void)[] = [];
  private readonly kills: Kills;
  private readonly entrance: Entrance;
  private readonly watching: HolderWatch;

  constructor(private readonly parts: HoldersParts) {
    const { processes, enforcer, runningHolderIds, hubGroupsOf } = parts;
    const known = (this.known = new KnownProcesses(hubGroupsOf));
    this.owners = new Owners(known, parts.administrators);
    this.kills = new Kills(enforcer);
    this.entrance = new Entrance(processes, known);
    this.watching = new HolderWatch({
      known,
      runningHolderIds,
      look: id => this.look(id),
      lookForKills: id => this.kills.look(id)
    });
  }

  /** Start watching; returns the undo. */
  watch(): () => void {
    return this.watching.begin();
  }

  /** Call `listener` with each holder that is gone, before its claims are released. */
  onGone(listener: (holderId: string) => void): void {
    this.goneListeners.push(listener);
  }

  /** Call `listener` after each arrival and each end, and when what a holder keeps changes. */
  onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  has(holderId: string): boolean {
    return this.known.has(holderId);
  }

  list(): readonly KnownProcess[] {
    return this.known.list();
  }

  /**
   * Admit a process: it is confined when this returns.
   *
   * #### Notes
   * The same process again only updates its name and its notebook. Another process under the id of
   * a kernel is a restart, and ends the previous one; a descendant of the known process speaks for
   * it (a wrapper script that stays) until one has. Returns the refusal of a process that cannot be
   * a holder (SEC7), or may not speak for this one (SEC6), and then admits nothing.
   */
  arrive(newcomer: KnownProcess, caller: Caller): Refusal | null {
    const why = this.entrance.whyNot(newcomer, caller);
    if (why) {
      return why;
    }
    const before = this.known.byId(newcomer.holderId);
    if (before && isWithin(this.parts.processes, newcomer.pid, before)) {
      this.renew(before, newcomer);
      return null;
    }
    if (before) {
      this.end(newcomer.holderId);
    }
    const it = this.enter({ ...newcomer, gate: gateOf(newcomer) }, caller);
    this.announce(it, this.place(it));
    this.changed();
    return null;
  }

  /**
   * Readmit the processes that the previous sidecar knew and that are alive; returns these.
   *
   * #### Notes
   * The cgroups of children come before those of their parents, which would otherwise get the
   * children's processes for a moment. Holders whose parent is gone end with it (HOLD3).
   */
  restore(list: readonly KnownProcess[], caller: Caller): readonly KnownProcess[] {
    const back = list.flatMap(it => {
      const owner = it.owner ?? caller;
      return this.entrance.whyNot(it, owner) ? [] : [this.enter(it, owner)];
    });
    const failures = new Map([...back].reverse().map(it => [it, this.place(it)]));
    back.forEach(it => this.announce(it, failures.get(it) ?? null));
    this.known.endOrphans(list, this.parts.processes);
    return back;
  }

  /** SEC6: why a caller with this token may not speak for a holder; null if the holder is not alive. */
  whyNotSpeak(holderId: string, tokenDigest: string | null, caller: Caller): Refusal | null {
    return this.entrance.whyNotSpeak(holderId, tokenDigest, caller);
  }

  /** Check that a holder is alive, now and closely for a while. */
  suspect(holderId: string): void {
    this.watching.suspect(holderId);
  }

  /** RUN6: a command is a holder only while somebody speaks for it; its process may run on. */
  leave(holderId: string): void {
    this.known.byId(holderId)?.kind === 'command' ? this.end(holderId) : this.suspect(holderId);
  }

  /** The GPUs that a holder is bound to until it ends; empty if unknown. */
  boundTo(holderId: string): readonly string[] {
    return this.known.byId(holderId)?.boundGpus ?? [];
  }

  /** Record what the core decided about a holder, for the next sidecar. */
  record(holderId: string, decided: Decided): void {
    const it = this.known.byId(holderId);
    it && this.known.note({ ...it, ...decided });
    this.changed();
  }

  /** Undo what the enforcer did for a holder; a failure is logged. */
  undo(holderId: string): void {
    this.attempt(holderId, () => this.parts.enforcer.release(holderId));
  }

  /** Recreate the place of a holder; false if that fails, or if the holder is gone. */
  revive(holderId: string): boolean {
    const it = this.known.byId(holderId);
    return it !== undefined && this.place(it) === null;
  }

  /** A user's groups changed, and so where the user's holders belong (HUB1). */
  regroup(user: string): void {
    this.list().forEach(it => it.owner?.name === user && this.note(it));
  }

  /** The groups of a user on this machine are others than before (SYS5). */
  regroupOwner(owner: Required<Caller>): void {
    this.list().forEach(it => it.owner?.uid === owner.uid && this.note({ ...it, owner }));
    this.changed();
  }

  private changed(): void {
    this.changeListeners.forEach(listener => listener());
  }

  private look(holderId: string): void {
    const it = this.known.byId(holderId);
    const { processes } = this.parts;
    // The process that adopted another may end while no sidecar is there to notice (RUN6).
    if (it && [it, it.speaker].some(one => one && processes.hasEnded(one))) {
      this.end(holderId);
    }
  }

  private renew(before: KnownProcess, newcomer: KnownProcess): void {
    // A gate reports the name that its kernel was started with: the notebook may be renamed since.
    const isNamed = Boolean(newcomer.notebook) || !before.name;
    const name = (isNamed && newcomer.name) || before.name;
    const notebook = newcomer.notebook ?? before.notebook ?? null;
    const gated = before.gated || newcomer.gated;
    const gate = gateOf(newcomer) ?? before.gate ?? null;
    const isKnown = notebook === (before.notebook ?? null) && gate?.pid === before.gate?.pid;
    if (name !== before.name || gated !== before.gated || !isKnown) {
      this.note({ ...before, name, notebook, gated, gate });
      this.changed();
    }
  }

  private note(it: KnownProcess): void {
    this.known.note(it);
    this.parts.post({ type: 'holderArrived', holder: this.known.holderOf(it) });
  }

  private enter(process: KnownProcess, { uid, name, groups = [] }: Caller): KnownProcess {
    const ancestors = process.ancestors ?? ancestorsOf(this.parts.processes, process.pid);
    const it = { ...process, owner: { uid, name, groups }, ancestors };
    this.known.enter(it);
    return it;
  }

  private announce(newcomer: KnownProcess, failure: EnforcementError | null): void {
    const { holderId, pid } = newcomer;
    this.note(newcomer);
    // After a restart of the sidecar, its children may have come back before it.
    for (const it of this.known.list()) {
      it.ancestors?.includes(pid) && this.known.parentOf(it) === holderId && this.note(it);
    }
    if (failure) {
      const { what, errno } = failure;
      this.parts.post({ type: 'enforcementFailed', holderId, what, errno });
    }
  }

  private end(holderId: string): void {
    const it = this.known.byId(holderId)!;
    this.known.endingWith(holderId).forEach(child => this.end(child.holderId));
    endsWithParent(it) && this.parts.processes.kill(it);
    this.known.forget(it);
    this.watching.forget(holderId);
    const killedForMemory = this.kills.causeOf(holderId);
    this.goneListeners.forEach(listener => listener(holderId));
    this.parts.post({ type: 'holderGone', holderId, ...(killedForMemory && { killedForMemory }) });
    this.undo(holderId);
    this.changed();
  }

  private place({ holderId, pid, startTicks }: KnownProcess): EnforcementError | null {
    return this.attempt(holderId, () => this.parts.enforcer.adopt({ holderId, pid, startTicks }));
  }

  private attempt(holderId: string, act: () => void): EnforcementError | null {
    const failure = failureOf(act);
    failure && this.parts.log('warning', `holder ${holderId}: ${failure.message}`);
    return failure;
  }
}
