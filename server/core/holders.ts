import { dropHold } from './claims';
import type { Event } from './events';
import { markAllDirty } from './leases';
import { endClaim } from './lifecycle';
import { createUserUse } from './policy/fairness';
import { createHolder, type State } from './state';

/**
 * A holder arrived. The same process again only renews its name; another
 * process under the same id means that the first one is gone.
 */
export function onHolderArrived(
  state: State,
  event: Extract<Event, { type: 'holderArrived' }>
): void {
  const { holder } = event;
  const known = state.holders.get(holder.id);
  if (known && known.holder.pid === holder.pid && known.holder.startTicks === holder.startTicks) {
    known.holder = holder;
    return;
  }
  known && onHolderGone(state, holder.id);
  const entry = createHolder(holder, state.nowMs);
  state.holders.set(holder.id, entry);
  state.users.has(holder.owner) || state.users.set(holder.owner, createUserUse(state.nowMs));
  state.policy === 'partitioned' ? markAllDirty(state) : state.dirty.add(entry);
}

/** A holder is gone: all that it had is free, exactly once (GATE2). */
export function onHolderGone(state: State, holderId: string): void {
  const holder = state.holders.get(holderId);
  if (!holder) {
    return;
  }
  for (const entry of [...holder.running, ...holder.waiting]) {
    endClaim(state, entry, 'died');
  }
  dropHold(state, holder);
  state.committedBytes -= holder.committedBytes;
  holder.committedBytes = 0;
  state.holders.delete(holderId);
  state.dirty.delete(holder);
  state.policy === 'partitioned' && markAllDirty(state);
}
