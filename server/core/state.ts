import type { Hints } from '../protocol/hints';
import type { Effect } from './effects';
import type { ClaimEntry, HolderEntry, Lease, RunningEntry, WaitingEntry } from './entries';
import type { GpuUse, NodeFacts, PolicyName } from './events';
import { createCpuPool, type CpuPool } from './cpu/cpuPool';
import { EVEN_SHARING } from './policy/groups';
import type { Profiles } from './policy/profiles';
import { createShareTree, type ShareTree } from './policy/shareTree';

/** What the arbiter knows. Owned and updated in place by `step`. */
export type State = {
  nowMs: number;
  /** Grows with every step. */
  revision: number;
  node: NodeFacts | null;
  /** The memory reserve that the node was found with, and the configured one that counts instead. */
  foundReserveBytes: number;
  configuredReserveBytes: number | null;
  /** Hints where nobody states any. */
  defaults: Hints;
  policy: PolicyName;
  readonly holders: Map<string, HolderEntry>;
  /** Holders that keep a grant across cells. */
  readonly keeping: Set<HolderEntry>;
  readonly claims: Map<string, ClaimEntry>;
  readonly running: Set<RunningEntry>;
  /** Running claims that have something that others queue for. */
  readonly leasing: Set<RunningEntry>;
  /** Walks round the running claims, a few at each step. */
  round: Iterator<RunningEntry>;
  /** Running claims that are confined by a mask of their share. */
  readonly masked: Set<RunningEntry>;
  /** Those of them that have more than one CPU: about as many as there are CPUs at most. */
  readonly wide: Set<RunningEntry>;
  /** Running claims that others are to have the place of (FAIR4). */
  readonly evicting: Set<RunningEntry>;
  /** The holder that runs alone, and may start at once what asks for nothing (GATE6). */
  standing: HolderEntry | null;
  /** Claims granted in this step: their places are still to be settled. */
  readonly touched: Set<RunningEntry>;
  /** Whether running cells want more CPUs than there are. */
  isShort: boolean;
  /** Waiting claims, in ADM6 order. */
  queue: WaitingEntry[];
  /** Those of them that insist on CPUs (CPU1). */
  readonly insisting: Set<WaitingEntry>;
  /** Whether something happened that may let a waiting claim go. */
  mayAdmit: boolean;
  /** Claims that are over, oldest first, bounded. */
  readonly done: Set<ClaimEntry>;
  /** The last one that is over, by holder and cell. */
  readonly doneByCell: Map<string, ClaimEntry>;
  pool: CpuPool;
  shares: ShareTree;
  /** Sum over holders of the larger of resident and promised. */
  committedBytes: number;
  /** Leases on each GPU, by UUID. */
  readonly gpuLeases: Map<string, Map<Lease, HolderEntry>>;
  /** Holders bound to each GPU, by UUID (GPU2). */
  readonly gpuBound: Map<string, number>;
  readonly gpuUse: Map<string, GpuUse>;
  readonly profiles: Profiles;
  cpusBusy: number | null;
  memoryUsedBytes: number | null;
  memoryPressure: number | null;
  memoryAvailableBytes: number | null;
  /** Memory that others hold, of all that there is, which may be more than is handed out; null before it was measured. */
  others: { readonly bytes: number; readonly totalBytes: number } | null;
  notices: readonly string[];
  /** Holders whose confinement may have to change at the end of this step. */
  readonly dirty: Set<HolderEntry>;
  /** Holders that keep something else across cells since this step. */
  readonly rekept: Set<HolderEntry>;
  /** Effects of this step that follow the confinements. */
  messages: Effect[];
};

/** A state that knows nothing yet. */
export function createState(): State {
  return {
    nowMs: 0,
    revision: 0,
    node: null,
    foundReserveBytes: 0,
    configuredReserveBytes: null,
    defaults: {},
    policy: 'dynamic',
    holders: new Map(),
    keeping: new Set(),
    claims: new Map(),
    running: new Set(),
    leasing: new Set(),
    round: [][Symbol.iterator](),
    masked: new Set(),
    wide: new Set(),
    evicting: new Set(),
    standing: null,
    touched: new Set(),
    isShort: false,
    queue: [],
    insisting: new Set(),
    mayAdmit: false,
    done: new Set(),
    doneByCell: new Map(),
    pool: createCpuPool([]),
    shares: createShareTree(EVEN_SHARING, 0, 0),
    committedBytes: 0,
    gpuLeases: new Map(),
    gpuBound: new Map(),
    gpuUse: new Map(),
    profiles: new Map(),
    cpusBusy: null,
    memoryUsedBytes: null,
    memoryPressure: null,
    memoryAvailableBytes: null,
    others: null,
    notices: [],
    dirty: new Set(),
    rekept: new Set(),
    messages: []
  };
}
