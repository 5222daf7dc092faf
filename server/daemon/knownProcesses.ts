import type { Holder } from '../core/events';
import { EndedIds } from './endedIds';
import type { IProcesses, KnownProcess, ProcessIdentity } from './ports';

/** The holders' processes, by holder and by pid. */
export class KnownProcesses {
  /** `hubGroupsOf` names the groups of a user in JupyterHub (HUB1). */
  constructor(private readonly hubGroupsOf: (user: string) => readonly string[]) {}

  private readonly holders = new Map<string, KnownProcess>();
  private readonly idByPid = new Map<number, string>();
  private readonly ended = new EndedIds();

  list(): readonly KnownProcess[] {
    return [...this.holders.values()];
  }

  has(holderId: string): boolean {
    return this.holders.has(holderId);
  }

  byId(holderId: string): KnownProcess | undefined {
    return this.holders.get(holderId);
  }

  byPid(pid: number): KnownProcess | undefined {
    return this.holders.get(this.idByPid.get(pid) ?? '');
  }

  /** The uid of whoever an id belongs to, also of one that ended lately; undefined if unknown. */
  userOf(holderId: string): number | undefined {
    return this.byId(holderId)?.owner?.uid ?? this.ended.userOf(holderId);
  }

  /** How many belong to a user. */
  countOf(uid: number): number {
    return this.list().filter(it => it.owner?.uid === uid).length;
  }

  /** Add a new process. */
  enter(it: KnownProcess): void {
    this.note(it);
    this.idByPid.set(it.pid, it.holderId);
  }

  /** Update a known process. */
  note(it: KnownProcess): void {
    this.holders.set(it.holderId, it);
  }

  forget({ holderId, pid, owner }: KnownProcess): void {
    owner && this.ended.note(holderId, owner.uid);
    this.idByPid.get(pid) === holderId && this.idByPid.delete(pid);
    this.holders.delete(holderId);
  }

  /** The processes that end when a holder does. */
  endingWith(holderId: string): readonly KnownProcess[] {
    return this.list().filter(it => endsWithParent(it) && this.parentOf(it) === holderId);
  }

  /** A process as the core knows it. */
  holderOf(it: KnownProcess): Holder {
    const { holderId: id, kind, pid, startTicks, name } = it;
    const { notebook = null, gated, boundGpus = [], owner, assignedGroup = null } = it;
    const { name: user = '', groups: ownerGroups = [] } = owner ?? {};
    const groups = { group: [], assignedGroup, ownerGroups, hubGroups: this.hubGroupsOf(user) };
    const rest = { notebook, gated, boundGpus, parentHolderId: this.parentOf(it) };
    return { id, kind, pid, startTicks, name, owner: user, ...groups, ...rest };
  }

  /** HOLD3: kill those of a list that had to end with a parent, which ended while no sidecar watched. */
  endOrphans(list: readonly KnownProcess[], processes: IProcesses): void {
    for (const it of list.filter(it => endsWithParent(it) && !this.has(it.holderId))) {
      const parent = list.find(({ holderId }) => holderId === it.parentHolderId);
      parent && processes.hasEnded(parent) && processes.kill(it);
    }
  }

  /** The holder that a process named as its parent, else its nearest ancestor (ADM10); null for none. */
  parentOf(it: KnownProcess): string | null {
    const { ancestors = [], startTicks, holderId, parentHolderId = null } = it;
    if (parentHolderId !== null && this.has(parentHolderId)) {
      return parentHolderId;
    }
    for (const pid of ancestors) {
      const found = this.byPid(pid);
      // One that is younger than its child only reuses the pid of a process that ended.
      if (found && found.startTicks <= startTicks && found.holderId !== holderId) {
        return found.holderId;
      }
    }
    return null;
  }
}

/** HOLD3: whether a holder ends with its parent; kernels and commands outlive what started them. */
export function endsWithParent({ kind }: KnownProcess): boolean {
  return kind === 'cell' || kind === 'worker';
}

/** The process whose gate speaks, or null if none does. */
export function gateOf({ gated, pid, startTicks }: KnownProcess): ProcessIdentity | null {
  return gated ? { pid, startTicks } : null;
}
