import { formatCpuList } from '../lib/cpuset';
import { chooseCpus, pin, sharedCpus, unpin } from './place/cpuPool';
import type { ClaimEntry, State } from './state';
import { tell } from './story';

/** Where the shared set changed, give every pinned set that lost or regained CPUs a new place (CPU2, CPU6). */
export function repinAll(state: State): void {
  if (!state.pool.moved) {
    return;
  }
  state.pool.moved = false;
  const shared = new Set(sharedCpus(state.pool));
  for (const entry of state.running) {
    repin(state, entry, shared);
  }
}

function repin(state: State, entry: ClaimEntry, shared: ReadonlySet<number>): void {
  const running = entry.phase.state === 'running' ? entry.phase : null;
  if (!running?.lease.pinned || running.lease.exclusive) {
    return;
  }
  const { lease } = running;
  const { pinned } = lease;
  const size = Math.min(Math.max(lease.promisedCpus, 1), shared.size);
  if (pinned === null || (pinned.length >= size && pinned.every(id => shared.has(id)))) {
    return;
  }
  unpin(state.pool, pinned, false);
  lease.pinned = chooseCpus(state.pool, size, pinned);
  pin(state.pool, lease.pinned, false);
  state.dirty.add(entry.holder);
  running.grant = { ...running.grant, cpus: formatCpuList(lease.pinned) };
  const { id, holderId } = entry.claim;
  tell(state, entry, `Moved to CPUs ${running.grant.cpus}.`);
  state.messages.push({ type: 'regrant', holderId, claimId: id, grant: running.grant });
}
