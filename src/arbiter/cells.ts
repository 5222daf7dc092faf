import type { ClaimView } from '../../server/protocol/view';
import type { CellKey } from '../tokens';

/** The key of a cell in a kernel. */
export function cellKey(kernelId: string, cellId: string): CellKey {
  return `${kernelId} ${cellId}`;
}

/** Maps cells to claims, at the time of one snapshot. */
export type CellIndex = {
  /** The newest claim of each cell. */
  readonly claims: ReadonlyMap<CellKey, ClaimView>;
  /** The waiting and running claims of each kernel, running first. */
  readonly active: ReadonlyMap<string, readonly ClaimView[]>;
};

/** The empty index. */
export const EMPTY_INDEX: CellIndex = { claims: new Map(), active: new Map() };

/**
 * Index the claims of a snapshot by cell.
 *
 * #### Notes
 * If a cell has several claims the latest arrival is used; of two that arrived
 * at once, the one that has not ended.
 */
export function indexClaims(all: readonly ClaimView[]): CellIndex {
  const claims = new Map<CellKey, ClaimView>();
  const active = new Map<string, ClaimView[]>();
  for (const claim of all) {
    if (claim.cellId !== null) {
      const key = cellKey(claim.holderId, claim.cellId);
      const known = claims.get(key);
      if (!known || isNewer(claim, known)) {
        claims.set(key, claim);
      }
    }
    if (claim.state !== 'done') {
      const list = active.get(claim.holderId) ?? [];
      claim.state === 'running' ? list.unshift(claim) : list.push(claim);
      active.set(claim.holderId, list);
    }
  }
  return { claims, active };
}

/**
 * The cells that display something different in `next` than in `before`.
 *
 * #### Notes
 * A claim becoming active or ending also changes what the other cells of its
 * kernel show (behind another cell); those are found by {@link changedKernels}.
 */
export function changedCells(before: CellIndex, next: CellIndex): Set<CellKey> {
  const changed = new Set<CellKey>();
  for (const [key, claim] of next.claims) {
    const known = before.claims.get(key);
    if (!known || fingerprint(known) !== fingerprint(claim)) {
      changed.add(key);
    }
  }
  for (const key of before.claims.keys()) {
    if (!next.claims.has(key)) {
      changed.add(key);
    }
  }
  return changed;
}

/** The kernels whose active claims, or their states, differ from before. */
export function changedKernels(before: CellIndex, next: CellIndex): Set<string> {
  const changed = new Set<string>();
  for (const id of new Set([...before.active.keys(), ...next.active.keys()])) {
    const names = (index: CellIndex): string =>
      (index.active.get(id) ?? []).map(claim => `${claim.id} ${claim.state}`).join();
    if (names(before) !== names(next)) {
      changed.add(id);
    }
  }
  return changed;
}

function isNewer(claim: ClaimView, known: ClaimView): boolean {
  return claim.arrivedMs === known.arrivedMs
    ? known.state === 'done'
    : claim.arrivedMs > known.arrivedMs;
}

/** Equal for two claims that display the same; an ended claim never changes again. */
function fingerprint(claim: ClaimView): string {
  return claim.state === 'done' ? `${claim.id} done` : JSON.stringify(claim);
}
