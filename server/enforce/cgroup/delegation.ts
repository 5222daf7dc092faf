import type { CpuSet } from '../../protocol/cpuset';
import { LEAF, V2, cgroupsOf, directoryOf, type Hierarchy } from '../../host/cgroupfs';
import { readOrNull, type IHostFiles } from '../../host/files';
import { attempt, errnoIn, tolerate } from '../failures';
import type { Places } from './places';

const WEIGHT_DEFAULT = 100;
const WEIGHT_MAX = 10000;

/** Why a controller cannot be withdrawn: another cgroup uses it, or we never delegated it. */
const NOT_OURS = ['EBUSY', 'ENOENT', 'EACCES', 'EPERM', 'EROFS'];

/** What a delegation depends on. */
export type DelegationOptions = {
  readonly files: IHostFiles;
  /** Its directory is the own cgroup, or one that was delegated. */
  readonly hierarchy: Hierarchy;
  readonly controllers: readonly string[];
  readonly group: string;
  /** All CPUs that may be handed out. */
  readonly cpus: CpuSet;
};

/** Controllers of cgroup version 2, delegated from the own cgroup to the holders' places. */
export class Delegation {
  private readonly files: IHostFiles;
  /** Controllers that the own cgroup did not delegate before. */
  private readonly enabledHere: readonly string[];

  constructor(
    private readonly options: DelegationOptions,
    private readonly places: Places
  ) {
    this.files = options.files;
    const before = readOrNull(this.files, `${this.own}/${V2.subtree}`)?.split(' ') ?? [];
    this.enabledHere = options.controllers.filter(it => !before.includes(it) || this.hasLeaf());
  }

  /** Delegate the controllers; if the own cgroup contains processes, they move to the leaf. */
  enable(): void {
    try {
      this.enableIn(this.own);
    } catch (error) {
      if (errnoIn(error) !== 'EBUSY') {
        throw error;
      }
      this.makeLeaf();
      this.places.evacuate(this.own, this.leaf, this.options.group);
      this.enableIn(this.own);
    }
    this.enableIn(this.group);
    if (this.options.controllers.includes('cpu')) {
      // All holders together weigh as much as the processes beside them on every CPU, not on one.
      const weight = Math.min(WEIGHT_MAX, WEIGHT_DEFAULT * this.options.cpus.length);
      attempt(V2.weight, () => this.files.write(`${this.group}/${V2.weight}`, `${weight}`));
    }
  }

  /** Withdraw the controllers and move the processes back, unless another sidecar still needs them. */
  undo(): void {
    const free =
      this.disableIn(this.group, this.options.controllers) &&
      this.disableIn(this.own, this.enabledHere);
    if (free && this.hasLeaf()) {
      this.places.evacuate(this.leaf, this.own, this.options.group);
      this.places.remove(this.leaf, this.options.group);
    }
  }

  /** The cgroup of this process: one that may contain processes, whatever happened to the origin. */
  exit(): string {
    const path = cgroupsOf(this.files, 'self').get('');
    return path === undefined ? this.own : directoryOf(this.options.hierarchy, path);
  }

  private get own(): string {
    return this.options.hierarchy.directory;
  }

  private get group(): string {
    return this.places.layout.groupIn(this.options.hierarchy);
  }

  private get leaf(): string {
    return `${this.own}/${LEAF}`;
  }

  private hasLeaf(): boolean {
    return readOrNull(this.files, `${this.leaf}/${V2.procs}`) !== null;
  }

  private makeLeaf(): void {
    tolerate(`directory of ${LEAF}`, ['EEXIST'], () => this.files.makeDirectory(this.leaf));
  }

  private enableIn(directory: string): void {
    const order = this.options.controllers.map(it => `+${it}`).join(' ');
    attempt(V2.subtree, () => this.files.write(`${directory}/${V2.subtree}`, order));
  }

  private disableIn(directory: string, controllers: readonly string[]): boolean {
    return controllers.every(controller =>
      tolerate(V2.subtree, NOT_OURS, () =>
        this.files.write(`${directory}/${V2.subtree}`, `-${controller}`)
      )
    );
  }
}
