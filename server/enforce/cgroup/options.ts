import type { CpuSet } from '../../protocol/cpuset';
import type { TierView } from '../../protocol/view';
import type { Hierarchy } from '../../host/cgroupfs';
import type { IHostFiles } from '../../host/files';
import type { LockDirectory } from '../../host/locks';
import type { Masks } from '../affinity/masks';
import type { IFence } from '../fence/fence';
import type { Group } from './group';
import type { BroughtBackListener, FailureListener } from './removals';

/** What the tier of either cgroup version depends on. */
export type CgroupOptions = {
  readonly tier: TierView;
  readonly files: IHostFiles;
  /** The hierarchies to use, in which the own cgroup's directory is writable, and their controllers. */
  readonly hierarchies: readonly Hierarchy[];
  readonly group: Group;
  readonly lock: LockDirectory;
  /** All CPUs that may be handed out. */
  readonly cpus: CpuSet;
  /** Set if there is no cpuset: CPUs are then pinned by masks. */
  readonly masks: Masks | null;
  /** Set if GPUs are to be fenced. */
  readonly fence: IFence | null;
  readonly onFailure: FailureListener;
  readonly onBroughtBack: BroughtBackListener;
};
