import type { ClaimEntry } from '../entries';
import type { State } from '../state';

/** How many ended claims are remembered in total. */
export const DONE_MAX = 200;

function cellKey(entry: ClaimEntry): string | null {
  const { cellId, holderId } = entry.claim;
  return cellId === null ? null : `${holderId} ${cellId}`;
}

/** Remember an ended claim: the last of each cell of a holder, and 200 in total. */
export function rememberDone(state: State, entry: ClaimEntry): void {
  const key = cellKey(entry);
  const older = key === null ? undefined : state.doneByCell.get(key);
  older && forget(state, older);
  key !== null && state.doneByCell.set(key, entry);
  state.done.add(entry);
  for (const oldest of state.done) {
    if (state.done.size <= DONE_MAX) {
      break;
    }
    forget(state, oldest);
  }
}

/** Forget an ended claim. */
export function forget(state: State, entry: ClaimEntry): void {
  state.done.delete(entry);
  const key = cellKey(entry);
  key !== null && state.doneByCell.get(key) === entry && state.doneByCell.delete(key);
  state.claims.get(entry.claim.id) === entry && state.claims.delete(entry.claim.id);
}
