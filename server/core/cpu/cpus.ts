import type { CpuSet } from '../../protocol/cpuset';
import { cpusLeft } from '../cap/needs';
import { leasesOf } from '../holder/leases';
import type { ClaimEntry, HolderEntry, Lease, Allocation } from '../entries';
import type { State } from '../state';
import { growthOfCpus, outerClaims } from '../holder/trees';
import { blockingCpus, cpusWaitedFor, exclusiveCount } from './cpuCounts';
import { chooseCpus } from './chooseCpus';
import { lendableCpus, type Slot } from './cpuPool';
import { inTheWay } from '../queue/inTheWay';
import { blockingOf, heldReason, othersHolding, type Obstacle } from '../queue/obstacle';

/** CPU6, CPU1: why required CPUs are not available now, or null. */
export function cpuObstacle(state: State, entry: ClaimEntry): Obstacle | null {
  const { pool } = state;
  const { ask } = entry.claim;
  const n = cpusWaitedFor(ask);
  const total = pool.slots.length;
  // Fixed asks may have been promised more than exists; an ask for no more is not blocked by them.
  const free = Math.max(0, total - pool.promised);
  const lendable = ask.exclusive ? lendableCpus(pool) : total;
  const fits = growthOfCpus(entry, n) <= free && n <= lendable;
  if (n === 0 || total === 0 || fits || exclusiveCpusFor(state, entry)) {
    return null;
  }
  const reason = () => {
    const promised = (it: HolderEntry) =>
      leasesOf(it).reduce((sum, lease) => sum + blockingCpus(lease), 0);
    const left = Math.min(free, lendable);
    const others = inTheWay(
      othersHolding(state, entry.holder, promised, () => true),
      n - left
    );
    const need = { kind: 'cpus', count: n, isExclusive: ask.exclusive } as const;
    const blocking = blockingOf(others, count => ({ kind: 'cpus', count }));
    return (
      heldReason('cpus', need, blocking) ?? {
        kind: 'scarce',
        resource: 'cpus',
        blockers: [],
        need,
        left
      }
    );
  };
  return { resource: 'cpus', reason };
}

/** The CPU part of a lease. */
export type CpuLease = Pick<Lease, 'allocation' | 'promisedCpus' | 'yieldsCpus' | 'cpusMax'>;

/**
 * ADM10: where a claim inside one with exclusive CPUs is placed: on these, or null if
 * they are too few for what it asks.
 *
 * #### Notes
 * They are out of the pool already. A claim that asks for exclusive ones has them to
 * itself among those inside; one that names no number gets all that such claims left.
 * `gone` are allocations to treat as absent.
 */
export function exclusiveCpusFor(
  state: State,
  entry: ClaimEntry,
  gone: ReadonlySet<Allocation> = new Set()
): CpuSet | null {
  const { cpus, exclusive } = entry.claim.ask;
  const isAny = cpus.kind === 'auto' && !exclusive;
  const named = isAny ? 1 : exclusiveCount(entry.claim.ask);
  const most = isAny ? Infinity : cpus.kind === 'range' && !exclusive ? cpus.max : named;
  const around = new Set(outerClaims(entry).map(it => it.phase.lease.allocation));
  for (const allocation of around) {
    if (allocation?.kind === 'exclusive') {
      const isOpen = (slot: Slot) =>
        allocation.cpus.includes(slot.cpu.id) &&
        [...slot.allocations].every(
          it => around.has(it) || gone.has(it) || (it.isShared && !exclusive)
        );
      const open = state.pool.slots.filter(isOpen).length;
      if (open >= named) {
        const n = Math.min(open, most);
        return chooseCpus(state.pool, n, entry.holder.lastPinned, [], isOpen);
      }
    }
  }
  return null;
}

/** Place an ask that has no obstacle: on CPUs if it named some, else unpinned. */
export function placeCpus(state: State, entry: ClaimEntry): CpuLease {
  const inside = exclusiveCpusFor(state, entry);
  return inside ? allocationInside(entry, inside) : seatInPool(state, entry);
}

/** A place on CPUs that are exclusive to the claim's enclosing one. */
export function allocationInside({ holder, claim }: ClaimEntry, cpus: CpuSet): CpuLease {
  const isShared = !claim.ask.exclusive;
  const allocation: Allocation = { kind: 'exclusive', holder, cpus, each: 1, isShared };
  return { allocation, promisedCpus: cpus.length, yieldsCpus: false, cpusMax: cpus.length };
}

function seatInPool(state: State, { holder, claim }: ClaimEntry): CpuLease {
  const { pool } = state;
  const { ask } = claim;
  const { cpus } = ask;
  if (pool.slots.length === 0 || (cpus.kind === 'auto' && !ask.exclusive)) {
    return { allocation: null, promisedCpus: 0, yieldsCpus: false, cpusMax: 0 };
  }
  const promisedCpus = ask.exclusive
    ? exclusiveCount(ask)
    : cpus.kind === 'fixed'
      ? cpus.n
      : cpusWaitedFor(ask);
  // It never waits, so a series of such claims would block one that does wait forever.
  const yieldsCpus = cpusWaitedFor(ask) === 0 && state.insisting.size > 0;
  const cpusMax = cpus.kind === 'range' && !ask.exclusive ? cpus.max : promisedCpus;
  const free = Math.min(pool.slots.length - pool.promised, Math.floor(cpusLeft(holder)));
  const size = Math.max(promisedCpus, Math.min(cpusMax, free));
  const allocation: Allocation = {
    kind: ask.exclusive ? 'exclusive' : 'pinned',
    holder,
    cpus: chooseCpus(pool, size, holder.lastPinned),
    each: 1
  };
  return { allocation, promisedCpus, yieldsCpus, cpusMax };
}
