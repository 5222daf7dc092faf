import type { Ask } from '../../protocol/ask';
import type { Reason } from '../../protocol/view';
import { leasesOf } from '../leases';
import type { HolderEntry, Lease, State } from '../state';
import { countInWords } from '../words';
import { chooseCpus, keptInPool, sharedCpus } from './cpuPool';
import { blockerOf, obstacle, othersHolding } from './obstacle';

/** How many CPUs an exclusive ask takes: its number, the least of its range, or one. */
export function exclusiveCount(ask: Ask): number {
  const { cpus } = ask;
  return cpus.kind === 'fixed' ? cpus.n : cpus.kind === 'range' ? cpus.min : 1;
}

/** CPUs that an ask insists on and may wait for: none for fixed and auto (CPU1). */
function cpusWaitedFor(ask: Ask): number {
  return ask.exclusive ? exclusiveCount(ask) : ask.cpus.kind === 'range' ? ask.cpus.min : 0;
}

/** CPU6, CPU1: why CPUs that were insisted on cannot be had now, or null. */
export function cpuObstacle(state: State, holder: HolderEntry, ask: Ask): Reason | null {
  const { pool } = state;
  const n = cpusWaitedFor(ask);
  const total = pool.cpus.length;
  if (n === 0 || total === 0) {
    return null;
  }
  const free = total - pool.promised;
  const out = total - keptInPool(total) - pool.exclusive.size;
  if (n <= free && (!ask.exclusive || n <= out)) {
    return null;
  }
  const promised = (it: HolderEntry) =>
    leasesOf(it).reduce((sum, lease) => sum + lease.promisedCpus, 0);
  const blockers = othersHolding(state, holder, promised).map(it =>
    blockerOf(it.holder, countInWords(it.amount, 'CPU'))
  );
  const need = `${countInWords(n, ask.exclusive ? 'exclusive CPU' : 'CPU')}`;
  return obstacle('cpus', need, blockers, `${Math.max(0, Math.min(free, out))} are free`);
}

/** The CPU part of a lease. */
export type CpuLease = Pick<Lease, 'pinned' | 'exclusive' | 'promisedCpus' | 'cpusMax'>;

const UNPINNED: CpuLease = { pinned: null, exclusive: false, promisedCpus: 0, cpusMax: 0 };

/** Place an ask that has no obstacle: pinned where it named CPUs, else free. */
export function placeCpus(state: State, holder: HolderEntry, ask: Ask): CpuLease {
  const { pool } = state;
  if (pool.cpus.length === 0 || (ask.cpus.kind === 'auto' && !ask.exclusive)) {
    return UNPINNED;
  }
  if (ask.exclusive) {
    const n = exclusiveCount(ask);
    const pinned = chooseCpus(pool, n, holder.lastPinned);
    return { pinned, exclusive: true, promisedCpus: n, cpusMax: n };
  }
  const [min, max] =
    ask.cpus.kind === 'fixed' ? [ask.cpus.n, ask.cpus.n] : rangeOf(ask, pool.cpus.length);
  const free = sharedCpus(pool).length - (pool.promised - pool.exclusive.size);
  const size = Math.max(min, Math.min(max, free));
  const pinned = chooseCpus(pool, size, holder.lastPinned);
  return { pinned, exclusive: false, promisedCpus: min, cpusMax: max };
}

function rangeOf(ask: Ask, total: number): [number, number] {
  return ask.cpus.kind === 'range' ? [ask.cpus.min, Math.min(ask.cpus.max, total)] : [1, total];
}
