import { failureOf, type EnforcementError, type IEnforcer } from '../enforce/enforcer';
import type { Kept } from '../core/effects';
import type { Caller } from '../protocol/caller';
import type { Refusal } from '../protocol/errors';
import type { EventBody } from './arbiter';
import { Entrance } from './entrance';
import { HolderWatch } from './holderWatch';
import { ancestorsOf, isWithin } from './identity';
import { Kills } from './kills';
import type { IProcesses, KnownProcess, Log, ProcessIdentity } from './ports';

/** What the roster of holders is made of. */
export type HoldersParts = {
  readonly enforcer: IEnforcer;
  readonly processes: IProcesses;
  readonly post: (event: EventBody) => void;
  readonly runningHolderIds: () => ReadonlySet<string>;
  readonly log: Log;
};

/**
 * The process trees that live: lets them arrive, and notices that they are gone.
 *
 * #### Notes
 * A process is known by pid and start ticks, so a pid that was reused is never
 * taken for the one before. Every arrival has exactly one end.
 */
export class Holders {
  private readonly known = new Map<string, KnownProcess>();
  /** Of those that are known, by the pid of their process. */
  private readonly idByPid = new Map<number, string>();
  private readonly goneListeners: ((holderId: string) => void)[] = [];
  private readonly changeListeners: (() => void)[] = [];
  private readonly kills: Kills;
  private readonly entrance: Entrance;
  private readonly watching: HolderWatch;

  constructor(private readonly parts: HoldersParts) {
    const { processes, enforcer, runningHolderIds } = parts;
    const { known } = this;
    this.kills = new Kills(enforcer);
    this.entrance = new Entrance(processes, {
      byId: id => known.get(id),
      byPid: pid => known.get(this.idByPid.get(pid) ?? '')
    });
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

  /** Call `listener` with each holder that is gone, before its claims are taken back. */
  onGone(listener: (holderId: string) => void): void {
    this.goneListeners.push(listener);
  }

  /** Call `listener` after each arrival and each end, and when somebody keeps something else. */
  onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  has(holderId: string): boolean {
    return this.known.has(holderId);
  }

  list(): readonly KnownProcess[] {
    return [...this.known.values()];
  }

  /**
   * Take a process in: it is confined when this returns.
   *
   * #### Notes
   * The same process again only renews its name and its notebook. Another process under the id of
   * a kernel is a restart, and ends the one before; a descendant of the known process speaks for it
   * (a wrapper script that stays) until one has. Returns the refusal of what can be no holder
   * (SEC7), or may not speak for this one (SEC6), and takes nothing in then.
   */
  arrive(newcomer: KnownProcess, caller: Caller): Refusal | null {
    const why = this.entrance.whyNot(newcomer, caller);
    if (why) {
      return why;
    }
    const before = this.known.get(newcomer.holderId);
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
   * Take in again whom the sidecar before this one knew, and who lives; returns these.
   *
   * #### Notes
   * The places of children are taken over before their parents', which would else be given their
   * processes for a moment. Whoever ends with a parent that is gone by now ends (HOLD3).
   */
  restore(list: readonly KnownProcess[], caller: Caller): readonly KnownProcess[] {
    const back = list.flatMap(it =>
      this.entrance.whyNot(it, caller) ? [] : [this.enter(it, caller)]
    );
    const failures = new Map([...back].reverse().map(it => [it, this.place(it)]));
    back.forEach(it => this.announce(it, failures.get(it) ?? null));
    list.forEach(it => this.has(it.holderId) || this.endOrphan(it, list));
    return back;
  }

  /** SEC6: why who tells this token may not speak for a holder; null for one that does not live. */
  whyNotSpeak(holderId: string, tokenDigest: string | null): Refusal | null {
    return this.entrance.whyNotSpeak(holderId, tokenDigest);
  }

  /** Look whether a holder still lives, now and closely for a while. */
  suspect(holderId: string): void {
    this.watching.suspect(holderId);
  }

  /** RUN6: a command is held for as long as somebody speaks for it, and its process may run on. */
  leave(holderId: string): void {
    this.known.get(holderId)?.kind === 'command' ? this.end(holderId) : this.suspect(holderId);
  }

  /** The GPUs that a holder is bound to until it ends; none where that is not known. */
  boundTo(holderId: string): readonly string[] {
    return this.known.get(holderId)?.boundGpus ?? [];
  }

  /** Note the GPUs that a holder is bound to until it ends; says whether that is news. */
  bind(holderId: string, boundGpus: readonly string[]): boolean {
    const it = this.known.get(holderId);
    const isNews = it !== undefined && boundGpus.join() !== (it.boundGpus ?? []).join();
    isNews && this.known.set(holderId, { ...it, boundGpus });
    return isNews;
  }

  /** Note what a holder keeps across cells (ADM9). */
  keep(holderId: string, kept: Kept | null): void {
    const it = this.known.get(holderId);
    it && this.known.set(holderId, { ...it, kept });
    this.changed();
  }

  /** Undo what an enforcer did for a holder; a failure is logged. */
  undo(holderId: string): void {
    this.attempt(holderId, () => this.parts.enforcer.release(holderId));
  }

  /** Make the place of a holder again; false where that fails, or where it is gone. */
  revive(holderId: string): boolean {
    const it = this.known.get(holderId);
    return it !== undefined && this.place(it) === null;
  }

  private changed(): void {
    this.changeListeners.forEach(listener => listener());
  }

  private look(holderId: string): void {
    const it = this.known.get(holderId);
    const { processes } = this.parts;
    // Whoever adopted a process may end while no sidecar is there to hear of it (RUN6).
    if (it && [it, it.speaker].some(one => one && processes.hasEnded(one))) {
      this.end(holderId);
    }
  }

  private renew(before: KnownProcess, newcomer: KnownProcess): void {
    // A gate tells the name that its kernel was started with: the notebook may have another by now.
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
    const { holderId: id, kind, pid, startTicks, name } = it;
    const { notebook = null, gated, boundGpus = [], owner } = it;
    this.known.set(id, it);
    const parentHolderId = this.parentOf(it);
    const rest = { group: [], notebook, gated, boundGpus, parentHolderId };
    const holder = { id, kind, pid, startTicks, name, owner: owner?.name ?? '', ...rest };
    this.parts.post({ type: 'holderArrived', holder });
  }

  private enter(process: KnownProcess, owner: Caller): KnownProcess {
    const { holderId, pid } = process;
    const ancestors = process.ancestors ?? ancestorsOf(this.parts.processes, pid);
    const it = { ...process, owner, ancestors };
    this.known.set(holderId, it);
    this.idByPid.set(pid, holderId);
    return it;
  }

  private announce(newcomer: KnownProcess, failure: EnforcementError | null): void {
    const { holderId, pid } = newcomer;
    this.note(newcomer);
    // After a restart of the sidecar, those that it started may have been back before it.
    for (const it of this.known.values()) {
      it.ancestors?.includes(pid) && this.parentOf(it) === holderId && this.note(it);
    }
    if (failure) {
      const { what, errno } = failure;
      this.parts.post({ type: 'enforcementFailed', holderId, what, errno });
    }
  }

  private end(holderId: string): void {
    const it = this.known.get(holderId)!;
    const ending = this.list().filter(endsWithParent);
    ending
      .filter(child => this.parentOf(child) === holderId)
      .forEach(child => this.end(child.holderId));
    endsWithParent(it) && this.parts.processes.kill(it);
    this.idByPid.get(it.pid) === holderId && this.idByPid.delete(it.pid);
    this.known.delete(holderId);
    this.watching.forget(holderId);
    const killedForMemory = this.kills.causeOf(holderId);
    this.goneListeners.forEach(listener => listener(holderId));
    this.parts.post({ type: 'holderGone', holderId, ...(killedForMemory && { killedForMemory }) });
    this.undo(holderId);
    this.changed();
  }

  /** HOLD3: it was to end with its parent, which ended while nobody looked. */
  private endOrphan(it: KnownProcess, list: readonly KnownProcess[]): void {
    const { processes } = this.parts;
    const parent = list.find(({ holderId }) => holderId === it.parentHolderId);
    endsWithParent(it) && parent && processes.hasEnded(parent) && processes.kill(it);
  }

  private place({ holderId, pid, startTicks }: KnownProcess): EnforcementError | null {
    return this.attempt(holderId, () => this.parts.enforcer.adopt({ holderId, pid, startTicks }));
  }

  private attempt(holderId: string, act: () => void): EnforcementError | null {
    const failure = failureOf(act);
    if (failure) {
      this.parts.log('warning', `holder ${holderId}: ${failure.message}`);
    }
    return failure;
  }

  /** The holder that a process named as its parent, else the nearest that it came from (ADM10); null for none. */
  private parentOf(it: KnownProcess): string | null {
    const { ancestors = [], startTicks, holderId, parentHolderId = null } = it;
    if (parentHolderId !== null && this.known.has(parentHolderId)) {
      return parentHolderId;
    }
    for (const pid of ancestors) {
      const found = this.known.get(this.idByPid.get(pid) ?? '');
      // What is younger than its child has only the number of a process that ended.
      if (found && found.startTicks <= startTicks && found.holderId !== holderId) {
        return found.holderId;
      }
    }
    return null;
  }
}

/** HOLD3: whether a holder is nothing by itself; kernels and commands outlive what started them. */
function endsWithParent({ kind }: KnownProcess): boolean {
  return kind === 'cell' || kind === 'worker';
}

/** The process whose gate speaks, where one does. */
function gateOf({ gated, pid, startTicks }: KnownProcess): ProcessIdentity | null {
  return gated ? { pid, startTicks } : null;
}
