import { compareText, firstDifference } from '../lib/comparators';
import { formatCpuList } from '../protocol/cpuset';
import { toldGrant, type Grant, type ToldGrant } from '../protocol/grant';
import type {
  ClaimView,
  Forecast,
  GpuView,
  HolderView,
  NodeView,
  RestartRequest,
  Snapshot,
  TierView
} from '../protocol/view';
import type { Gpu, Holder } from './events';
import { correctedOf } from './learn/correct';
import { viewCull } from './cull/culled';
import { heldGrant } from './holder/holds';
import { forecastStarts, usualOf } from './claim/forecast';
import { askedSince, isKeptBy } from './gpu/keepers';
import { promisedBytes } from './holder/leases';
import { rootsOf, sumOf } from './holder/treeSums';
import type { Slot } from './cpu/cpuPool';
import { viewCaps } from './cap/viewCaps';
import { groupPathOf, viewGroups } from './viewGroups';
import { isRunning, type ClaimEntry, type HolderEntry, type RunningEntry } from './entries';
import type { State } from './state';

const NO_TIER: TierView = {
  name: 'none',
  enforced: [],
  notEnforced: [],
  reason: 'The node has not been read yet.'
};

/** Everything that the lab shows, at one moment. */
export function snapshot(state: State, atMs: number, version: string): Snapshot {
  return {
    revision: state.revision,
    atMs,
    node: viewNode(state, version),
    holders: [...state.holders.values()].map(holder => viewHolder(state, holder)),
    groups: viewGroups(state),
    caps: viewCaps(state),
    claims: viewClaims(state),
    ...(state.culled.length && { culled: [...state.culled] })
  };
}

function viewClaims(state: State): ClaimView[] {
  const starts = forecastStarts(state);
  const waiting = [...state.queue].sort((a, b) => a.phase.position - b.phase.position);
  const running = [...state.running].sort(
    firstDifference<RunningEntry>(
      (a, b) => a.phase.grantedMs - b.phase.grantedMs,
      (a, b) => compareText(a.claim.id, b.claim.id)
    )
  );
  return [
    ...[...waiting, ...running].map(entry => viewClaim(state, entry, starts)),
    ...[...state.done].reverse().map(entry => viewOver(state, entry))
  ];
}

function viewNode(state: State, version: string): NodeView {
  const { node, pool } = state;
  return {
    name: node?.name ?? '',
    cpus: pool.slots.length,
    cpuList: formatCpuList(pool.slots.map(slot => slot.cpu.id)),
    cpusGranted: pool.slots.filter(isGranted).length,
    cpusBusy: state.cpusBusy,
    memoryBytes: node?.memoryBytes ?? 0,
    memoryReserveBytes: node?.memoryReserveBytes ?? 0,
    memoryUsedBytes: state.memoryUsedBytes,
    memoryPromisedBytes: sumOf(rootsOf(state), promisedToTree),
    memoryKeptBytes: sumOf(state.holders.values(), it =>
      it.running.size ? 0 : (it.use?.memoryBytes ?? 0)
    ),
    memoryGrantedBytes: state.committedBytes,
    memoryOthersBytes: state.others?.bytes ?? null,
    gpus: (node?.gpus ?? []).map(gpu => viewGpu(state, gpu)),
    tier: node?.tier ?? NO_TIER,
    policy: state.policy,
    defaults: state.defaults,
    version,
    drain: state.drain,
    notices: [...state.notices, ...overcommitted(state)]
  };
}

/** What a holder is promised, or more if those inside it are (ADM10). */
function promisedToTree(holder: HolderEntry): number {
  return Math.max(promisedBytes(holder), sumOf(holder.children, promisedToTree));
}

/** Whether a CPU is promised to a claim that named CPUs. */
function isGranted(slot: Slot): boolean {
  return [...slot.allocations].some(allocation => allocation.kind !== 'share');
}

/** FAIR1: quotas that exceed their parent are scaled down, and people are notified. */
function overcommitted(state: State): string[] {
  return state.shares.overcommitted.map(
    ({ path, scale }) =>
      `The quotas in "${path}" add up to more than it has; each is scaled to ${Math.round(scale * 100)} %.`
  );
}

function viewGpu(state: State, gpu: Gpu): GpuView {
  const use = state.gpuUse.get(gpu.uuid);
  const leased = new Set(
    [...(state.gpuLeases.get(gpu.uuid)?.values() ?? [])].map(holder => holder.holder.id)
  );
  return {
    ...gpu,
    ...(use?.isLost && { isLost: true as const }),
    memoryUsedBytes: use?.memoryUsedBytes ?? null,
    utilisation: use?.utilisation ?? null,
    temperatureC: use?.temperatureC ?? null,
    powerW: use?.powerW ?? null,
    leasedTo: [...leased],
    processes: (use?.processes ?? []).map(({ holderId, ...process }) => ({
      ...process,
      holderId,
      leased: holderId !== null && leased.has(holderId)
    }))
  };
}

function viewHolder(state: State, entry: HolderEntry): HolderView {
  const { holder, use } = entry;
  const [running] = entry.running;
  const gpuBytes = Object.values(use?.gpuMemoryBytes ?? {});
  return {
    id: holder.id,
    kind: holder.kind,
    name: holder.name,
    pid: holder.pid,
    owner: holder.owner,
    group: groupPathOf(entry),
    state: running ? 'running' : entry.waiting.size ? 'waiting' : 'idle',
    parentHolderId: entry.parent?.holder.id ?? null,
    gated: holder.gated,
    sinceMs: entry.sinceMs,
    grant: told(running?.phase.grant ?? heldGrant(entry)),
    cpusBusy: use?.cpusBusy ?? null,
    memoryBytes: use?.memoryBytes ?? null,
    memoryLimitBytes: entry.confined.memoryBytes,
    threads: use?.threads ?? null,
    gpuMemoryBytes: gpuBytes.length ? gpuBytes.reduce((sum, it) => sum + it, 0) : null,
    boundGpus: entry.boundGpus,
    askedToFreeMs: askedSince(entry),
    restartRequest: viewRequest(state, entry),
    ...viewCull(state, entry)
  };
}

function told(grant: Grant | null): ToldGrant | null {
  return grant && toldGrant(grant);
}

/** Who asks for a restart, as long as the claim waits for what the restart would release (GPU5). */
function viewRequest(state: State, keeper: HolderEntry): RestartRequest | null {
  const { restartWanted } = keeper;
  const entry = state.claims.get(restartWanted?.claimId ?? '');
  if (!restartWanted || entry?.phase.state !== 'waiting') {
    return null;
  }
  const { claim, holder, phase } = entry;
  if (!isKeptBy(keeper.holder.id, phase.reason)) {
    return null; // it has released what it could, or runs something
  }
  return {
    claimId: claim.id,
    holderName: holder.holder.name,
    label: claim.label,
    owner: holder.holder.owner,
    reason: phase.reason,
    sinceMs: restartWanted.atMs,
    declined: restartWanted.declined
  };
}

/** One claim as it is shown. */
export function viewClaim(
  state: State,
  entry: ClaimEntry,
  starts: ReadonlyMap<ClaimEntry, Forecast>
): ClaimView {
  const { claim, holder, phase, arrivedMs } = entry;
  const common = {
    id: claim.id,
    holderId: claim.holderId,
    holderName: holder.holder.name,
    holderKind: holder.holder.kind,
    owner: holder.holder.owner,
    cellId: claim.cellId,
    label: claim.label,
    ask: claim.ask,
    arrivedMs
  };
  switch (phase.state) {
    case 'waiting': {
      const { reason, position } = phase;
      const startsIn = starts.get(entry) ?? null;
      const { predicted } = entry;
      return { ...common, state: 'waiting', reason, position, startsIn, predicted };
    }
    case 'running': {
      const { grantedMs, notEnforced } = phase;
      const grant = toldGrant(phase.grant);
      const { cpusBusy = null, memoryBytes = null } = holder.use ?? {};
      const measured = { cpusBusy, memoryBytes };
      const takes = isRunning(entry) ? usualOf(state, entry) : null;
      const predicted = correctedOf(entry);
      return {
        ...common,
        state: 'running',
        grantedMs,
        grant,
        takes,
        predicted,
        ...measured,
        notEnforced
      };
    }
    case 'done':
      return { ...common, ...phase, grant: told(phase.grant) };
  }
}

/** Views of ended claims, each with the kernel name that it contains. */
const overViews = new WeakMap<ClaimEntry, { readonly of: Holder; readonly view: ClaimView }>();

/** An ended claim is the same object in each snapshot, until its kernel is renamed. */
function viewOver(state: State, entry: ClaimEntry): ClaimView {
  const { holder } = entry.holder;
  const known = overViews.get(entry);
  if (known?.of === holder) {
    return known.view;
  }
  const view = viewClaim(state, entry, new Map());
  overViews.set(entry, { of: holder, view });
  return view;
}
