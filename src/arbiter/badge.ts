import type { HintProblem } from '../../server/protocol/hints';
import type { Ask } from '../../server/protocol/ask';
import type { ClaimView } from '../../server/protocol/view';
import type { Fit } from './fit';

/** A claim in one state. */
export type ClaimIn<S extends ClaimView['state']> = Extract<ClaimView, { readonly state: S }>;

/** What a cell shows about its resources; nothing impossible can be said (UI1). */
export type Badge =
  /** Its hints are malformed: a run would be refused (ADM4). */
  | { readonly kind: 'malformed'; readonly problems: readonly HintProblem[] }
  /** It names what it needs and was not run since. */
  | { readonly kind: 'asks'; readonly ask: Ask; readonly fit: Fit | null }
  | { readonly kind: 'waiting'; readonly claim: ClaimIn<'waiting'> }
  /** Jupyter will run it after another cell of its kernel. */
  | { readonly kind: 'behind'; readonly first: ClaimView }
  | { readonly kind: 'running'; readonly claim: ClaimIn<'running'> }
  /** Its claim is active as far as is known, but the server does not answer any more. */
  | { readonly kind: 'lost'; readonly last: ClaimView; readonly message: string }
  | { readonly kind: 'done'; readonly claim: ClaimIn<'done'> };

/** Which cells have a badge: those with something to say, all, or none. */
export type BadgeMode = 'telling' | 'all' | 'none';

/** What a badge is made from. */
export type BadgeFacts = {
  readonly mode: BadgeMode;
  /** The newest claim of the cell. */
  readonly claim: ClaimView | undefined;
  /** The claims of the cell's kernel that wait or run, running first. */
  readonly active: readonly ClaimView[];
  /** Whether Jupyter counts the cell as queued or running (its prompt is `[*]`). */
  readonly busy: boolean;
  /** Whether a person cleared the cell's outputs since, and the claim's figures with them. */
  readonly cleared: boolean;
  /** What the cell itself asks for; null where it says nothing. */
  readonly ask: Ask | null;
  readonly problems: readonly HintProblem[];
  readonly fit: Fit | null;
  /** Why nobody can tell any more what cells do; null while somebody can. */
  readonly lost: string | null;
  /** The sidecar's clock. */
  readonly nowMs: number;
};

/** A cell that asked for nothing is silent for this long, in ms. */
export const QUIET_RUN_MS = 1000;

/** A wait shorter than this is nothing to tell of, in ms. */
const QUIET_WAIT_MS = 100;

/**
 * The badge of a cell; null for none.
 *
 * #### Notes
 * In mode `telling` a cell that asked for nothing, waited for nothing and ran
 * less than a second has no badge: quick plain cells look as in plain Jupyter,
 * and nothing jumps.
 */
export function badgeOf(facts: BadgeFacts): Badge | null {
  if (facts.mode === 'none') {
    return null;
  }
  const { claim, active, busy, ask } = facts;
  const first = active[0];
  if (claim?.state === 'running' && !tells(facts, claim)) {
    return null;
  }
  if (claim && claim.state !== 'done') {
    return facts.lost === null ? activeBadge(claim) : lostBadge(claim, facts.lost);
  }
  if (busy && first) {
    return facts.lost === null ? { kind: 'behind', first } : lostBadge(first, facts.lost);
  }
  if (!busy && facts.problems.length) {
    return { kind: 'malformed', problems: facts.problems };
  }
  if (claim && !busy && !facts.cleared && tells(facts, claim)) {
    return { kind: 'done', claim };
  }
  return ask ? { kind: 'asks', ask, fit: busy ? null : facts.fit } : null;
}

function activeBadge(claim: ClaimIn<'waiting'> | ClaimIn<'running'>): Badge {
  return claim.state === 'waiting' ? { kind: 'waiting', claim } : { kind: 'running', claim };
}

function lostBadge(last: ClaimView, message: string): Badge {
  return { kind: 'lost', last, message };
}

/**
 * Where a badge stands: in a row below the input, or in its corner.
 *
 * #### Notes
 * A row moves what is below it, so it is only for cells that have one before
 * they run (they have hints), and for those that are stopped by something.
 */
export type BadgePlace = 'row' | 'corner';

/** The place of a badge. */
export function placeOf(badge: Badge, ask: Ask | null): BadgePlace {
  const stopped =
    badge.kind === 'waiting' ||
    badge.kind === 'malformed' ||
    badge.kind === 'lost' ||
    (badge.kind === 'done' && badge.claim.outcome === 'died') ||
    ((badge.kind === 'running' || badge.kind === 'done') && waitedMs(badge.claim) >= QUIET_WAIT_MS);
  return ask || stopped ? 'row' : 'corner';
}

/** How long a claim that is over or running stood in the queue. */
function waitedMs(claim: ClaimIn<'running'> | ClaimIn<'done'>): number {
  const endMs = claim.grantedMs ?? (claim.state === 'done' ? claim.endedMs : claim.arrivedMs);
  return endMs - claim.arrivedMs;
}

function tells(facts: BadgeFacts, claim: ClaimIn<'running'> | ClaimIn<'done'>): boolean {
  if (facts.mode === 'all' || facts.ask || claim.grantedMs === null) {
    return true;
  }
  const endMs = claim.state === 'done' ? claim.endedMs : facts.nowMs;
  return (
    waitedMs(claim) >= QUIET_WAIT_MS ||
    endMs - claim.grantedMs >= QUIET_RUN_MS ||
    (claim.state === 'done' && claim.message !== null)
  );
}
