import { commonCpus, cpuSetOf } from '../../protocol/cpuset';
import type { NotEnforced } from '../../protocol/facts';
import { UNRESTRICTED, type Grant } from '../../protocol/grant';
import type { Claim, Event } from '../events';
import { dropHold } from '../holder/leases';
import { isCreditable } from './credit';
import { startRunning } from './lifecycle';
import { lendableCpus } from '../cpu/cpuPool';
import type { Allocation, ClaimEntry, Lease, WaitingEntry } from '../entries';
import { exclusiveCpusFor, allocationInside, type CpuLease } from '../cpu/cpus';
import type { State } from '../state';
import { tell } from './story';
import { surrounds } from '../holder/trees';

/** What a claim was granted without this sidecar, and since when. */
type Granted = NonNullable<Extract<Event, { type: 'claimArrived' }>['granted']>;

/** GATE5: a cell that waited here already runs, because its gate received nothing for too long. */
export function startUnasked(state: State, entry: WaitingEntry, granted: Granted): void {
  takeOver(state, entry, granted, 'startedUnasked');
  state.queue = state.queue.filter(it => it !== entry);
  state.mayAdmit = true;
}

/** The part of an ask that a cell runs without because it started while nobody answered; null for none. */
function lackOf({ policy }: State, { ask }: Claim, grant: Grant): NotEnforced | null {
  const namesCpus = ask.exclusive || ask.cpus.kind !== 'auto';
  const isLacking =
    (ask.memoryBytes !== null && grant.memoryBytes === null) ||
    ask.gpus > grant.gpus.length ||
    (namesCpus && policy === 'dynamic' && grant.cpus === null);
  return isLacking ? { kind: 'ungranted' } : null;
}

/**
 * ENF4: a claim granted before a restart is taken over as it is; one that nobody expected has no grant
 * where another user has it, or a cap is exceeded (SEC7).
 */
export function takeOver(
  state: State,
  entry: ClaimEntry,
  granted: Granted,
  kind: 'takenOver' | 'startedUnasked' = 'takenOver'
): void {
  dropHold(state, entry.holder); // a cell of its kernel has started since
  const sinceMs = Math.min(granted.sinceMs, state.nowMs);
  const told = leaseOfGrant(state, entry, granted.grant);
  const isCredited = !granted.isUnexpected || isCreditable(state, entry, told);
  const grant = isCredited ? granted.grant : UNRESTRICTED;
  const lease = isCredited ? told : leaseOfGrant(state, entry, grant);
  const running = startRunning(state, entry, lease, sinceMs);
  running.grant = grant;
  state.pool.moved = true; // if another claim is placed there now, one of them moves
  running.notEnforced = isCredited ? lackOf(state, entry.claim, grant) : { kind: 'ungranted' };
  tell(state, entry, { kind });
}

/** The lease of an earlier sidecar's grant, as far as this node still has it. */
export function leaseOfGrant(state: State, entry: ClaimEntry, grant: Grant): Lease {
  const { ask } = entry.claim;
  const { memoryBytes } = grant;
  const gpus = grant.gpus.filter(uuid => state.node?.gpus.some(gpu => gpu.uuid === uuid));
  // One that named no GPU ran beside one of its kernel that did, and took no part of its own.
  const gpuMemoryBytes = ask.gpus > 0 ? ask.gpuMemoryBytes : 0;
  const rest = { memoryBytes, expectedBytes: null, gpus, gpuMemoryBytes };
  const inside = ask.exclusive ? null : exclusiveCpusFor(state, entry);
  const cpus = inside && commonCpus(grant.cpus ?? [], inside);
  return cpus?.length
    ? { ...allocationInside(entry, cpus), ...rest }
    : { ...cpusOfGrant(state, entry, grant), ...rest };
}

function cpusOfGrant(state: State, entry: ClaimEntry, grant: Grant): CpuLease {
  const { ask } = entry.claim;
  const isRange = ask.cpus.kind === 'range' && !ask.exclusive;
  const allocation =
    ask.cpus.kind !== 'auto' || ask.exclusive ? seatOfGrant(state, entry, grant) : null;
  const size = allocation?.cpus.length ?? 0;
  // If it had fewer than it named, it gets the rest when they are returned (CPU6).
  const named = allocation && ask.cpus.kind === 'fixed' && !ask.exclusive ? ask.cpus.n : 0;
  const promised = Math.max(size, Math.min(named, state.pool.slots.length));
  return {
    allocation,
    promisedCpus: isRange && ask.cpus.kind === 'range' ? Math.min(ask.cpus.min, size) : promised,
    yieldsCpus: false,
    cpusMax: isRange && ask.cpus.kind === 'range' && allocation ? ask.cpus.max : promised
  };
}

function seatOfGrant(state: State, entry: ClaimEntry, grant: Grant): Allocation | null {
  const { pool } = state;
  const { exclusive } = entry.claim.ask;
  const known = (grant.cpus ?? []).filter(id => pool.byId.has(id));
  const fresh = known.filter(id => !pool.byId.get(id)!.exclusive).slice(0, lendableCpus(pool));
  // Claims around it, or inside it, may be restored already (ADM10).
  const isOurs = ({ holder }: Allocation) =>
    surrounds(holder, entry.holder) || surrounds(entry.holder, holder);
  const shared = known.filter(id => {
    const { exclusive: isTaken, allocations } = pool.byId.get(id)!;
    return isTaken && [...allocations].every(isOurs);
  });
  const cpus = exclusive ? cpuSetOf([...fresh, ...shared]) : known;
  const kind = exclusive ? 'exclusive' : 'pinned';
  return cpus.length ? { kind, holder: entry.holder, cpus, each: 1 } : null;
}
