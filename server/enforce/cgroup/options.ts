import type { TierView } from '../../protocol/view';
import type { IHostFiles } from '../../host/files';
import type { LockDirectory } from '../../host/locks';
import type { Masks } from '../affinity/masks';
import type { IFence } from '../fence/fence';
import type { Group } from './group';
import type { BroughtBackListener, FailureListener } from './removals';

/** What the tier of either cgroup version needs to know. */
export type CgroupOptions = {
  readonly tier: TierView;
  readonly files: IHostFiles;
  readonly group: Group;
  readonly lock: LockDirectory;
  /** All CPUs that may be handed out, in list syntax. */
  readonly cpus: string;
  /** Where there is no cpuset: CPUs are held by masks. */
  readonly masks: Masks | null;
  /** Where GPUs are to be fenced. */
  readonly fence: IFence | null;
  readonly onFailure: FailureListener;
  readonly onBroughtBack: BroughtBackListener;
};
