import { compareText, firstDifference } from '../lib/comparators';
import { formatCpuList } from '../lib/cpuset';
import type {
  ClaimView,
  GpuView,
  KernelView,
  NodeView,
  Snapshot,
  TierView
} from '../protocol/view';
import type { Gpu } from './events';
import type { ClaimEntry, HolderEntry, State } from './state';

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
    kernels: [...state.holders.values()].map(viewKernel),
    claims: claimsInOrder(state).map(viewClaim)
  };
}

function claimsInOrder(state: State): ClaimEntry[] {
  const grantedMs = (it: ClaimEntry) => (it.phase.state === 'running' ? it.phase.grantedMs : 0);
  const running = [...state.running].sort(
    firstDifference(
      (a, b) => grantedMs(a) - grantedMs(b),
      (a, b) => compareText(a.claim.id, b.claim.id)
    )
  );
  return [...state.queue, ...running, ...[...state.done].reverse()];
}

function viewNode(state: State, version: string): NodeView {
  const { node, pool } = state;
  return {
    name: node?.name ?? '',
    cpus: pool.cpus.length,
    cpuList: formatCpuList(pool.cpus.map(cpu => cpu.id)),
    cpusGranted: [...pool.load.values()].filter(load => load > 0).length,
    cpusBusy: state.cpusBusy,
    memoryBytes: node?.memoryBytes ?? 0,
    memoryReserveBytes: node?.memoryReserveBytes ?? 0,
    memoryUsedBytes: state.memoryUsedBytes,
    memoryGrantedBytes: state.committedBytes,
    gpus: (node?.gpus ?? []).map(gpu => viewGpu(state, gpu)),
    tier: node?.tier ?? NO_TIER,
    policy: state.policy,
    version,
    notices: state.notices
  };
}

function viewGpu(state: State, gpu: Gpu): GpuView {
  const use = state.gpuUse.get(gpu.uuid);
  const leased = new Set(
    [...(state.gpuLeases.get(gpu.uuid)?.values() ?? [])].map(holder => holder.holder.id)
  );
  return {
    ...gpu,
    memoryUsedBytes: use?.memoryUsedBytes ?? null,
    utilisation: use?.utilisation ?? null,
    temperatureC: use?.temperatureC ?? null,
    powerW: use?.powerW ?? null,
    leasedTo: [...leased],
    processes: (use?.processes ?? []).map(({ holderId, ...process }) => ({
      ...process,
      kernelId: holderId,
      leased: holderId !== null && leased.has(holderId)
    }))
  };
}

function viewKernel(entry: HolderEntry): KernelView {
  const { holder, use } = entry;
  const [running] = entry.running;
  const gpuBytes = Object.values(use?.gpuMemoryBytes ?? {});
  return {
    id: holder.id,
    name: holder.name,
    pid: holder.pid,
    owner: holder.owner,
    state: running ? 'running' : entry.waiting.size ? 'waiting' : 'idle',
    gated: holder.gated,
    sinceMs: entry.sinceMs,
    grant: running?.phase.state === 'running' ? running.phase.grant : null,
    cpusBusy: use?.cpusBusy ?? null,
    memoryBytes: use?.memoryBytes ?? null,
    memoryLimitBytes: entry.confined.memoryBytes,
    threads: use?.threads ?? null,
    gpuMemoryBytes: gpuBytes.length ? gpuBytes.reduce((sum, it) => sum + it, 0) : null,
    boundGpus: entry.boundGpus
  };
}

/** One claim as it is shown. */
export function viewClaim(entry: ClaimEntry): ClaimView {
  const { claim, holder, phase, arrivedMs } = entry;
  const common = {
    id: claim.id,
    kernelId: claim.holderId,
    kernelName: holder.holder.name,
    owner: holder.holder.owner,
    cellId: claim.cellId,
    label: claim.label,
    ask: claim.ask,
    arrivedMs
  };
  switch (phase.state) {
    case 'waiting': {
      const { reason, position, etaMs, etaBasis } = phase;
      return { ...common, state: 'waiting', reason, position, etaMs, etaBasis };
    }
    case 'running': {
      const { grantedMs, grant } = phase;
      const { cpusBusy = null, memoryBytes = null } = holder.use ?? {};
      return { ...common, state: 'running', grantedMs, grant, cpusBusy, memoryBytes };
    }
    case 'done':
      return { ...common, ...phase };
  }
}
