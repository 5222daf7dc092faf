import { asksNothing } from '../../protocol/ask';
import type { Grant } from '../../protocol/grant';
import type { ClaimEntry } from '../entries';
import type { State } from '../state';

/**
 * The standing grant (GATE6): a holder that runs alone may start cells that ask for
 * nothing before it reports them, since they would be granted everything anyway.
 *
 * #### Notes
 * Alone means that no other holder runs or keeps anything, and that the node is not drained, so at most one holder has
 * it, and giving or recalling it costs the same however many holders there are. A cell
 * that starts while the recall is in flight has more threads than it would have been
 * granted; its share is the same.
 */
export function decideStanding(state: State, entry: ClaimEntry, grant: Grant): void {
  const { holder, claim } = entry;
  const isAlone = state.running.size === 1 && state.keeping.size === 0 && !state.drain;
  const isCapped = holder.accounts.some(it => it.most.cells < Infinity);
  if (!isAlone || isCapped || !state.node || !asksNothing(claim.ask) || !isUnrestricted(grant)) {
    recallStanding(state);
  } else if (state.standing !== holder) {
    state.standing = holder;
    state.messages.push({ type: 'stand', holderId: claim.holderId, isGiven: true });
  }
}

/** From now on every claim asks. */
export function recallStanding(state: State): void {
  if (state.standing) {
    const { id } = state.standing.holder;
    state.standing = null;
    state.messages.push({ type: 'stand', holderId: id, isGiven: false });
  }
}

function isUnrestricted({ cpus, threads, memoryBytes, gpus }: Grant): boolean {
  return cpus === null && threads === null && memoryBytes === null && gpus.length === 0;
}
