import { createAccounts, noCounts } from './cap/account';
import { createCpuPool } from './cpu/cpuPool';
import { UNCONFINED } from './effects';
import type { Holder } from './events';
import { createLearned } from './learn/learned';
import { EVEN_SHARING } from './policy/groups';
import { createShareTree, type ShareNode } from './policy/shareTree';
import type { HolderEntry } from './entries';
import type { State } from './state';

/** What is known of the node's use before it was measured. */
const UNMEASURED = {
  cpusBusy: null,
  memoryUsedBytes: null,
  memoryPressure: null,
  memoryAvailableBytes: null,
  others: null
};

/** An empty state. */
export function createState(): State {
  const shares = createShareTree(EVEN_SHARING, 0, 0);
  return {
    nowMs: 0,
    revision: 0,
    node: null,
    foundReserveBytes: 0,
    configuredReserveBytes: null,
    defaults: {},
    policy: 'dynamic',
    drain: null,
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
    configured: EVEN_SHARING,
    capOrders: [],
    shares,
    accounts: createAccounts(shares.root, 0),
    launches: new Map(),
    committedBytes: 0,
    gpuLeases: new Map(),
    gpuBound: new Map(),
    gpuUse: new Map(),
    learned: createLearned(),
    ...UNMEASURED,
    notices: [],
    cull: null,
    culled: [],
    dirty: new Set(),
    rekept: new Set(),
    messages: []
  };
}

/** A holder that has just arrived. */
export function createHolder(holder: Holder, user: ShareNode, atMs: number): HolderEntry {
  return {
    holder,
    user,
    parent: null,
    children: new Set(),
    confined: UNCONFINED,
    isStale: false,
    sinceMs: atMs,
    lastEndedMs: null,
    waiting: new Set(),
    running: new Set(),
    held: null,
    boundGpus: [],
    lastPinned: [],
    use: null,
    limitedBytes: null,
    committedBytes: 0,
    committedCpus: 0,
    accounts: [],
    counts: noCounts(),
    recounts: 0,
    useRate: 0,
    askedToFreeMs: null,
    restartWanted: null
  };
}
