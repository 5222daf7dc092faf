import type { ClaimView, Snapshot } from '../../server/protocol/view';
import type { ClaimIn } from './badge';

/** What may be worth a notification, by the names of the settings. */
export type NewsKind = News['kind'];

/** Something that happened to a claim since the last look. */
export type News =
  | { readonly kind: 'granted' | 'nearMemory'; readonly claim: ClaimIn<'running'> }
  | { readonly kind: 'finished' | 'killed' | 'refused'; readonly claim: ClaimIn<'done'> };

/** A wait from which on its end is news, in ms. */
const LONG_WAIT_MS = 10_000;

/** A run from which on its end is news, in ms. */
const LONG_RUN_MS = 60_000;

/** The part of its limit from which on a cell is near it: well before it is interrupted (MEM3). */
const NEAR_PART = 0.8;

/**
 * Compares snapshots for what their readers would want to hear of.
 *
 * #### Notes
 * Nothing in a first snapshot is news.
 */
export class NewsReader {
  /** What is new in a snapshot; null, while there is none, is passed over. */
  read(snapshot: Snapshot | null): readonly News[] {
    if (!snapshot) {
      return [];
    }
    const { claims } = snapshot;
    const before = this._known;
    this._known = new Map(claims.map(({ id, state }) => [id, state]));
    this._warned = new Set([...this._warned].filter(id => this._known?.get(id) === 'running'));
    return before ? claims.flatMap(claim => this._newsOf(before.get(claim.id), claim) ?? []) : [];
  }

  private _newsOf(before: ClaimView['state'] | undefined, claim: ClaimView): News | null {
    switch (claim.state) {
      case 'waiting':
        return null;
      case 'running':
        return before === 'waiting' && claim.grantedMs - claim.arrivedMs >= LONG_WAIT_MS
          ? { kind: 'granted', claim }
          : this._warningOf(claim);
      case 'done': {
        const kind = before === 'done' ? null : endOf(claim);
        return kind && { kind, claim };
      }
    }
  }

  /** Once for each run. */
  private _warningOf(claim: ClaimIn<'running'>): News | null {
    const limit = claim.grant.memoryBytes;
    const isNear = limit !== null && (claim.memoryBytes ?? 0) >= limit * NEAR_PART;
    if (!isNear || this._warned.has(claim.id)) {
      return null;
    }
    this._warned.add(claim.id);
    return { kind: 'nearMemory', claim };
  }

  private _known: ReadonlyMap<string, ClaimView['state']> | null = null;
  private _warned = new Set<string>();
}

/** What the end of a claim is; null for one that nobody needs to hear of. */
function endOf(claim: ClaimIn<'done'>): 'finished' | 'killed' | 'refused' | null {
  if (claim.outcome === 'refused') {
    return 'refused';
  }
  if (claim.outcome === 'died' || claim.why !== null) {
    return 'killed';
  }
  const ranMs = claim.grantedMs === null ? 0 : claim.endedMs - claim.grantedMs;
  return ranMs >= LONG_RUN_MS && claim.outcome !== 'interrupted' ? 'finished' : null;
}
