import type { CulledView } from '../protocol/cull';
import type { Hints } from '../protocol/hints';
import type { CullBook } from './cull/watches';
import type { Drain } from '../protocol/facts';
import type { Effect } from './effects';
import type { Accounts, Launch } from './cap/account';
import type { CapOrder } from './cap/capOrders';
import type { ClaimEntry, HolderEntry, Lease, RunningEntry, WaitingEntry } from './entries';
import type { GpuUse, NodeFacts, PolicyName } from './events';
import type { CpuPool } from './cpu/cpuPool';
import type { Sharing } from './policy/groups';
import type { Learned } from './learn/learned';
import type { ShareTree } from './policy/shareTree';

/** What the arbiter knows. Owned and updated in place by `step`. */
export type State = {
  nowMs: number;
  /** Grows with every step. */
  revision: number;
  node: NodeFacts | null;
  /** The node's own memory reserve, and the configured one that replaces it. */
  foundReserveBytes: number;
  configuredReserveBytes: number | null;
  /** The node's default hints. */
  defaults: Hints;
  policy: PolicyName;
  /** While it is set, nothing new is granted (ADMIN2). */
  drain: Drain | null;
  readonly holders: Map<string, HolderEntry>;
  /** Holders that keep a grant across cells. */
  readonly keeping: Set<HolderEntry>;
  readonly claims: Map<string, ClaimEntry>;
  readonly running: Set<RunningEntry>;
  /** Running claims that have something that others queue for. */
  readonly leasing: Set<RunningEntry>;
  /** Iterates over the running claims, a few at each step. */
  round: Iterator<RunningEntry>;
  /** Running claims that are confined by a mask of their share. */
  readonly masked: Set<RunningEntry>;
  /** Those of them that have more than one CPU: about as many as there are CPUs at most. */
  readonly wide: Set<RunningEntry>;
  /** Running claims that will be evicted for others (FAIR4). */
  readonly evicting: Set<RunningEntry>;
  /** The holder that runs alone, and may start at once cells that ask for nothing (GATE6). */
  standing: HolderEntry | null;
  /** Claims granted in this step, which are still to be placed. */
  readonly touched: Set<RunningEntry>;
  /** Whether running cells want more CPUs than there are. */
  isShort: boolean;
  /** Waiting claims, in ADM6 order. */
  queue: WaitingEntry[];
  /** Those of them that require CPUs (CPU1). */
  readonly insisting: Set<WaitingEntry>;
  /** Whether something happened that may admit a waiting claim. */
  mayAdmit: boolean;
  /** Ended claims, oldest first, bounded. */
  readonly done: Set<ClaimEntry>;
  /** The last ended one, by holder and cell. */
  readonly doneByCell: Map<string, ClaimEntry>;
  pool: CpuPool;
  /** The configuration, without what administrators have ordered; the tree has both. */
  configured: Sharing;
  /** The caps that administrators have ordered (ADMIN7). */
  capOrders: readonly CapOrder[];
  shares: ShareTree;
  /** What is counted against caps (CAP1). */
  accounts: Accounts;
  /** Kernels that are being launched, by id, in order of their start (CAP5). */
  readonly launches: Map<string, Launch>;
  /** Sum over holders of the larger of resident and promised. */
  committedBytes: number;
  /** Leases on each GPU, by UUID. */
  readonly gpuLeases: Map<string, Map<Lease, HolderEntry>>;
  /** Holders bound to each GPU, by UUID (GPU2). */
  readonly gpuBound: Map<string, number>;
  readonly gpuUse: Map<string, GpuUse>;
  /** What past executions used. */
  readonly learned: Learned;
  cpusBusy: number | null;
  memoryUsedBytes: number | null;
  memoryPressure: number | null;
  memoryAvailableBytes: number | null;
  /** Memory that others hold on the whole machine, which may exceed what is handed out; null if not measured yet. */
  others: { readonly bytes: number; readonly totalBytes: number } | null;
  notices: readonly string[];
  /** The use of kernels; null while none is ever culled (CULL1). */
  cull: CullBook | null;
  /** Kernels that were culled, oldest first, bounded. */
  readonly culled: CulledView[];
  /** Holders whose confinement may have to change at the end of this step. */
  readonly dirty: Set<HolderEntry>;
  /** Holders whose kept grant changed in this step. */
  readonly rekept: Set<HolderEntry>;
  /** Effects of this step that follow the confinements. */
  messages: Effect[];
};
