import type { Hierarchy } from '../../host/cgroupfs';
import type { IHostFiles } from '../../host/files';
import type { LockDirectory } from '../../host/locks';
import { isAlive } from '../../host/processes';
import { EnforcementError, failureOf, type HolderProcess } from '../enforcer';
import { attempt, doAll, errnoIn, failUnseen, tolerate } from '../failures';
import { LeftPlaces, isAbandoned, isHolderId, type Group } from './group';
import { Layout, isBelow } from './layout';
import { Moves } from './moves';
import { Removals, type FailureListener } from './removals';

/** What places need from a cgroup version. */
export type PlaceOptions = {
  readonly files: IHostFiles;
  /** Hierarchies in which every holder has a directory; own cgroup first. */
  readonly hierarchies: readonly Hierarchy[];
  /** Names the directory that contains all holders' directories. */
  readonly group: Group;
  /** Shows other sidecars that this one is running, and which others are. */
  readonly lock: LockDirectory;
  /** Make a new directory ready for processes. */
  readonly prepare: (directory: string) => void;
  /** Where processes move whose origin is unknown or closed. */
  readonly exit: (hierarchy: Hierarchy) => string;
  readonly onFailure: FailureListener;
};

type Placed = {
  readonly target: HolderProcess;
  /** From hierarchy to the holder's original directory; for a child that is its parent's. */
  readonly origins: Map<Hierarchy, string>;
  /** The text of /proc/PID/cgroup when the holder was last found in its place. */
  inside: string | null;
};

/**
 * The directories of holders and the processes in them, identically in both
 * cgroup versions.
 */
export class Places {
  readonly layout: Layout;
  private readonly placed = new Map<string, Placed>();
  private readonly removals: Removals;
  private readonly moves: Moves;
  private left: LeftPlaces | null = null;
  private readonly letGo: (() => void)[] = [];

  constructor(private readonly options: PlaceOptions) {
    this.layout = new Layout(options);
    this.moves = new Moves(options.files);
    this.removals = new Removals({ ...options, isBack: holderId => this.has(holderId) });
  }

  has(holderId: string): boolean {
    return this.placed.has(holderId);
  }

  targetOf(holderId: string): HolderProcess | null {
    return this.placed.get(holderId)?.target ?? null;
  }

  /** The processes of other holders: trees of their own, whatever their origin. */
  othersThan(pid: number): ReadonlySet<number> {
    const others = new Set(Array.from(this.placed.values(), it => it.target.pid));
    others.delete(pid);
    return others;
  }

  /** Holders that have a directory, adopted or not. */
  found(): readonly string[] {
    return [...new Set([...this.layout.found(), ...(this.left?.holders() ?? [])])].sort();
  }

  /** Create the group's directory in each hierarchy, and find what was left in others. */
  open(): void {
    const { files, hierarchies, group, lock } = this.options;
    for (const hierarchy of hierarchies) {
      const directory = this.layout.groupIn(hierarchy);
      this.make(directory, group.name);
      this.letGo.push(lock(directory, 0) ?? (() => undefined));
    }
    this.left = new LeftPlaces(files, hierarchies, group, lock);
    this.left.empty.forEach(it => this.remove(it, group.name));
  }

  /** Remove the group's directory from each hierarchy, if it is empty. */
  removeGroup(): void {
    for (const hierarchy of this.options.hierarchies) {
      this.remove(this.layout.groupIn(hierarchy), this.options.group.name);
    }
    this.letGo.splice(0).forEach(letGo => letGo());
  }

  /** Create the holder's directories and move its process tree into them. */
  adopt(target: HolderProcess): void {
    const { files, hierarchies } = this.options;
    if (!isHolderId(target.holderId)) {
      throw new EnforcementError(`place for "${target.holderId}"`, 'EINVAL');
    }
    if (!isAlive(files, target)) {
      failUnseen(files, target);
    }
    const origins = new Map(this.placed.get(target.holderId)?.origins);
    const originIn = this.layout.directoriesIn(this.layout.cgroupsOf(target.pid));
    for (const hierarchy of hierarchies) {
      const origin = originIn(hierarchy);
      if (origin !== this.layout.directoryOf(hierarchy, target.holderId)) {
        origins.set(hierarchy, origin);
      }
      this.makePlace(hierarchy, target.holderId);
    }
    // Recorded here, so that a half-moved tree can be released.
    this.placed.set(target.holderId, { target, origins, inside: null });
    this.moveTree(target);
    this.clearLeft(target.holderId, it => this.layout.directoryOf(it, target.holderId));
  }

  /** Move a holder back that moved itself elsewhere; returns whether it had. */
  recall(holderId: string): boolean {
    const placed = this.placed.get(holderId);
    // Its cgroup normally suffices; whether it is alive is checked only if it is outside.
    const isAway =
      placed !== undefined && this.isOutside(placed) && isAlive(this.options.files, placed.target);
    if (isAway) {
      this.moveTree(placed.target);
    }
    return isAway;
  }

  private isOutside(placed: Placed): boolean {
    const { holderId, pid } = placed.target;
    const text = this.layout.cgroupsOf(pid);
    if (text === placed.inside || text === '') {
      return false; // in its place, or currently unknown
    }
    const currentIn = this.layout.directoriesIn(text);
    const isOutside = this.options.hierarchies.some(hierarchy => {
      const directory = this.layout.directoryOf(hierarchy, holderId);
      return !isBelow(currentIn(hierarchy), directory) && this.layout.exists(directory);
    });
    placed.inside = isOutside ? null : text;
    return isOutside;
  }

  /** Move processes back, remove directories; busy directories are retried until they are removed. */
  release(holderId: string): void {
    const placed = this.placed.get(holderId);
    this.placed.delete(holderId);
    const empty = (hierarchy: Hierarchy): void => {
      const directory = this.layout.directoryOf(hierarchy, holderId);
      const exit = this.exitOf(hierarchy, placed);
      this.sendOn(hierarchy, directory, exit);
      this.empty(directory, exit, holderId);
    };
    doAll(...this.options.hierarchies.map(it => () => empty(it)), () =>
      this.clearLeft(holderId, it => this.exitOf(it, placed))
    );
  }

  /** Holders that came from a place being removed inherit its exit: so do its children, once released. */
  private sendOn(hierarchy: Hierarchy, from: string, to: string): void {
    for (const { origins } of this.placed.values()) {
      origins.get(hierarchy) === from && origins.set(hierarchy, to);
    }
  }

  /** Resolves when no directory is waiting for removal. */
  settled(): Promise<void> {
    return this.removals.settled();
  }

  /** Remove an empty directory now, or as soon as its last process is reaped. */
  remove(directory: string, holderId: string): void {
    this.removals.remove(directory, holderId);
  }

  /** Release every holder, including those found, and remove the group's own directories. */
  async close(): Promise<void> {
    for (const holderId of new Set([...this.placed.keys(), ...this.found()])) {
      try {
        this.release(holderId);
      } catch (error) {
        this.options.onFailure(holderId, error as EnforcementError);
      }
    }
    await this.settled();
  }

  /** Move a directory's processes to another one; dying ones stay, and its removal waits for them. */
  evacuate(from: string, to: string, name: string): void {
    this.moves.evacuate(from, to, name);
  }

  private make(directory: string, name: string): void {
    const { files, prepare } = this.options;
    tolerate(`directory of ${name}`, ['EEXIST'], () => files.makeDirectory(directory));
    prepare(directory);
  }

  /** Move what is still in a holder's place of another sidecar, including orphans, to where it belongs now. */
  private clearLeft(holderId: string, to: (hierarchy: Hierarchy) => string): void {
    const { places, leaves } = this.left?.take(holderId) ?? { places: [], leaves: [] };
    for (const { hierarchy, directory } of places) {
      const failure = failureOf(() => this.empty(directory, to(hierarchy), holderId));
      failure && this.options.onFailure(holderId, failure);
    }
    leaves.forEach(it => this.remove(it, holderId));
  }

  /** A holder's directory; also the group's, if somebody has removed it. */
  private makePlace(hierarchy: Hierarchy, holderId: string): void {
    const directory = this.layout.directoryOf(hierarchy, holderId);
    try {
      this.make(directory, holderId);
    } catch (error) {
      if (errnoIn(error) !== 'ENOENT') {
        throw error;
      }
      this.make(this.layout.groupIn(hierarchy), this.options.group.name);
      this.make(directory, holderId);
    }
  }

  private moveTree({ pid, holderId }: HolderProcess): void {
    const directories = this.options.hierarchies.map(it => this.layout.directoryOf(it, holderId));
    this.moves.moveTree(pid, directories, holderId, this.othersThan(pid));
  }

  private exitOf(hierarchy: Hierarchy, placed: Placed | undefined): string {
    const origin = placed?.origins.get(hierarchy);
    const fallback = this.options.exit(hierarchy);
    const isOpen = origin && this.layout.exists(origin) && !isAbandoned(origin, this.options.lock);
    return hierarchy.version === 1 && isOpen ? origin : fallback;
  }

  /** Empty a directory and those that its processes created in it, deepest first. */
  private empty(directory: string, exit: string, holderId: string): void {
    const { files } = this.options;
    if (!this.layout.exists(directory)) {
      return;
    }
    for (const name of attempt(`directory of ${holderId}`, () => files.directories(directory))) {
      this.empty(`${directory}/${name}`, exit, holderId);
    }
    this.evacuate(directory, exit, holderId);
    this.remove(directory, holderId);
  }
}
