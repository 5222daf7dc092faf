import type { Ask } from '../../protocol/ask';
import type { ClaimEntry, Lease } from '../entries';
import { isLost } from '../gpu/gpuMemory';
import { dropHold } from '../holder/leases';
import type { State } from '../state';
import { grantClaim } from './lifecycle';
import { tell } from './story';

/** ADM9: a claim that asks for no more than its holder keeps is granted from that, at once. */
export function grantFromHold(state: State, entry: ClaimEntry): boolean {
  const { holder, claim } = entry;
  const { held } = holder;
  if (!held) {
    return false;
  }
  dropHold(state, holder);
  if (!covers(state, held.lease, claim.ask)) {
    return false;
  }
  tell(state, entry, { kind: 'grantedFromKept' });
  grantClaim(state, entry, held.lease, true);
  return true;
}

/** Whether a kept grant has all that is asked for. */
export function covers(state: State, lease: Lease, ask: Ask): boolean {
  const n = ask.cpus.kind === 'fixed' ? ask.cpus.n : ask.cpus.kind === 'range' ? ask.cpus.min : 0;
  // Without an amount the whole GPU is requested, and a part of one does not suffice.
  const gpuBytes = ask.gpus > 0 ? (ask.gpuMemoryBytes ?? Infinity) : 0;
  return (
    ask.gpus <= lease.gpus.length &&
    !(ask.gpus > 0 && lease.gpus.some(uuid => isLost(state, uuid))) &&
    gpuBytes <= (lease.gpuMemoryBytes ?? Infinity) &&
    (ask.memoryBytes ?? 0) <= (lease.memoryBytes ?? 0) &&
    n <= (lease.allocation?.cpus.length ?? 0) &&
    (!ask.exclusive || lease.allocation?.kind === 'exclusive')
  );
}
