import type { Event } from '../events';
import { leaveWatch } from '../cull/culled';
import { killedFor } from '../memory/guard';
import { enterAccounts, leaveAccounts, recountCaps } from '../cap/counting';
import { endLaunch } from '../cap/launches';
import { bindGpus, dropHold, markAllDirty, recount } from './leases';
import { endClaim } from '../claim/lifecycle';
import { regroup } from '../nodes';
import { userOf } from '../policy/membership';
import { createHolder } from '../beginnings';
import type { HolderEntry } from '../entries';
import type { State } from '../state';
import { tell } from '../claim/story';
import { surrounds } from './trees';

/**
 * A holder arrived. The same process again only renews its name, its notebook and its
 * parent; another process under the same id means that the first one is gone.
 */
export function onHolderArrived(
  state: State,
  event: Extract<Event, { type: 'holderArrived' }>
): void {
  const { holder } = event;
  const known = state.holders.get(holder.id);
  if (known && known.holder.pid === holder.pid && known.holder.startTicks === holder.startTicks) {
    const { owner, group, assignedGroup = null } = known.holder;
    known.holder.gated === holder.gated || state.dirty.add(known);
    known.holder = { ...holder, owner, group, assignedGroup };
    linkToParent(state, known);
    userOf(state.shares, known.holder, state.nowMs) === known.user || regroup(state);
    return;
  }
  known && onHolderGone(state, { holderId: holder.id });
  const user = userOf(state.shares, holder, state.nowMs);
  user.holders += 1;
  const entry = createHolder(holder, user, state.nowMs);
  state.holders.set(holder.id, entry);
  endLaunch(state, holder.id);
  enterAccounts(state, entry);
  recountCaps(state, entry);
  linkToParent(state, entry);
  bindGpus(state, entry, holder.boundGpus ?? []);
  state.policy === 'partitioned' ? markAllDirty(state) : state.dirty.add(entry);
}

/** A holder is gone: all that it had is freed, exactly once (GATE2). */
export function onHolderGone(
  state: State,
  event: Omit<Extract<Event, { type: 'holderGone' }>, 'type' | 'atMs'>
): void {
  const { holderId } = event;
  const holder = state.holders.get(holderId);
  if (!holder) {
    return;
  }
  const why = event.killedForMemory ? killedFor(holder, event.killedForMemory) : null;
  const { kind } = holder.holder;
  why && state.messages.push({ type: 'killed', holderId, kind, refusal: why });
  for (const entry of [...holder.running, ...holder.waiting]) {
    why && tell(state, entry, { kind: 'told', refusal: why });
    endClaim(state, entry, 'died', { why });
  }
  dropHold(state, holder);
  state.standing === holder && (state.standing = null);
  leaveWatch(state, holder);
  state.mayAdmit ||= holder.committedBytes > 0 || holder.boundGpus.length > 0;
  leaveTree(state, holder);
  leaveAccounts(state, holder);
  holder.user.holders -= 1;
  bindGpus(state, holder, []);
  state.holders.delete(holderId);
  state.dirty.delete(holder);
  state.rekept.delete(holder);
  state.policy === 'partitioned' && markAllDirty(state);
}

/** Put a holder inside its parent, also if another holder has come between the two; never into a loop. */
function linkToParent(state: State, child: HolderEntry): void {
  const before = child.parent;
  const parent = state.holders.get(child.holder.parentHolderId ?? '');
  const isNearer = before === null || (parent !== undefined && surrounds(before, parent));
  if (!parent || parent === before || !isNearer || surrounds(child, parent)) {
    return;
  }
  before?.children.delete(child);
  adoptChild(parent, child);
  recount(state, parent);
}

function adoptChild(parent: HolderEntry | null, child: HolderEntry): void {
  child.parent = parent;
  parent?.children.add(child);
}

/** A holder that has nothing any more is no longer counted; its children become its parent's. */
function leaveTree(state: State, holder: HolderEntry): void {
  state.committedBytes -= holder.committedBytes;
  state.pool.promised -= holder.committedCpus;
  [holder.committedBytes, holder.committedCpus] = [0, 0];
  holder.parent?.children.delete(holder);
  holder.children.forEach(child => adoptChild(holder.parent, child));
  holder.children.clear();
  holder.parent && recount(state, holder.parent);
}
