import type { HintProblem } from '../../server/protocol/hints';
import { type Ask, NOTHING_ASKED } from '../../server/protocol/ask';
import type { ClaimView, Fit } from '../../server/protocol/view';
import type { Limit } from '../hints/limits';

/** A claim in one state. */
export type ClaimIn<S extends ClaimView['state']> = Extract<ClaimView, { readonly state: S }>;

/** What a cell shows about its resources; impossible states cannot be expressed (UI1). */
export type Badge =
  /** Its hints are malformed: a run would be refused (ADM4). */
  | { readonly kind: 'malformed'; readonly problems: readonly HintProblem[] }
  /** It states what it needs and has not run since. */
  | {
      readonly kind: 'asks';
      readonly ask: Ask;
      readonly limits: readonly Limit[];
      readonly fit: Fit | null;
    }
  | { readonly kind: 'waiting'; readonly claim: ClaimIn<'waiting'> }
  /** Jupyter will run it after another cell of its kernel. */
  | { readonly kind: 'behind'; readonly first: ClaimView }
  | {
      readonly kind: 'running';
      readonly claim: ClaimIn<'running'>;
      readonly limits: readonly Limit[];
    }
  /** Its claim is active as far as known, but the server no longer answers. */
  | { readonly kind: 'lost'; readonly last: ClaimView; readonly message: string }
  | {
      readonly kind: 'done';
      readonly claim: ClaimIn<'done'>;
      readonly limits: readonly Limit[];
      /** What the next run requests, if that has changed since. */
      readonly next: { readonly ask: Ask; readonly fit: Fit | null } | null;
    };

/** Which cells have a badge: those with something to report, all, or none. */
export type BadgeMode = 'telling' | 'all' | 'none';

/** The inputs of a badge. */
export type BadgeFacts = {
  readonly mode: BadgeMode;
  /** The newest claim of the cell. */
  readonly claim: ClaimView | undefined;
  /** The waiting and running claims of the cell's kernel, running first. */
  readonly active: readonly ClaimView[];
  /** Whether Jupyter counts the cell as queued or running (its prompt is `[*]`). */
  readonly busy: boolean;
  /** Whether a person has cleared the cell's outputs since, and the claim's figures with them. */
  readonly cleared: boolean;
  /** What a run requests, defaults included; null if the cell itself states nothing. */
  readonly ask: Ask | null;
  /** What defaults limit its run to, or would: the run of `claim`, else the next one. */
  readonly limits: readonly Limit[];
  readonly problems: readonly HintProblem[];
  readonly fit: Fit | null;
  /** Why the state of cells is unknown; null while it is known. */
  readonly lost: string | null;
  /** The sidecar's clock. */
  readonly nowMs: number;
};

/** A cell without requests shows nothing for this long, in ms. */
const QUIET_RUN_MS = 1000;

/** A shorter wait is not reported, in ms. */
const QUIET_WAIT_MS = 100;

/**
 * The badge of a cell; null for none.
 *
 * #### Notes
 * In mode `telling` a cell that requested nothing, did not wait and ran for
 * less than a second has no badge: quick plain cells look as in plain Jupyter,
 * and nothing jumps. A cell that defaults limit is not a plain cell.
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
    return facts.lost === null ? activeBadge(facts, claim) : lostBadge(claim, facts.lost);
  }
  if (busy && first) {
    return facts.lost === null ? { kind: 'behind', first } : lostBadge(first, facts.lost);
  }
  if (!busy && facts.problems.length) {
    return { kind: 'malformed', problems: facts.problems };
  }
  if (claim && !busy && !facts.cleared && tells(facts, claim)) {
    return { kind: 'done', claim, limits: facts.limits, next: nextOf(facts, claim) };
  }
  const { limits } = facts;
  const fit = busy ? null : facts.fit;
  return ask || limits.length ? { kind: 'asks', ask: ask ?? NOTHING_ASKED, limits, fit } : null;
}

function activeBadge(
  { limits }: BadgeFacts,
  claim: ClaimIn<'waiting'> | ClaimIn<'running'>
): Badge {
  return claim.state === 'waiting'
    ? { kind: 'waiting', claim }
    : { kind: 'running', claim, limits };
}

/** The hints of a cell may have changed since it ran. */
function nextOf(
  { ask, fit, lost }: BadgeFacts,
  ran: ClaimView
): Extract<Badge, { kind: 'done' }>['next'] {
  return ask && lost === null && JSON.stringify(sorted(ask)) !== JSON.stringify(sorted(ran.ask))
    ? { ask, fit }
    : null;
}

function sorted(ask: Ask): readonly unknown[] {
  return Object.entries(ask).sort(([a], [b]) => (a < b ? -1 : 1));
}

function lostBadge(last: ClaimView, message: string): Badge {
  return { kind: 'lost', last, message };
}

/**
 * Where a badge is placed: in a row below the input, or in its corner.
 *
 * #### Notes
 * A row moves what is below it, so it is only for cells that have one before
 * they run (they have hints), and for those that are blocked.
 */
export type BadgePlace = 'row' | 'corner';

/** Outcomes that the cell did not cause. */
const STOPPED: readonly ClaimIn<'done'>['outcome'][] = ['died', 'interrupted'];

/** The place of a badge. */
export function placeOf(badge: Badge, ask: Ask | null): BadgePlace {
  const stopped =
    badge.kind === 'waiting' ||
    badge.kind === 'malformed' ||
    badge.kind === 'lost' ||
    (badge.kind === 'done' && STOPPED.includes(badge.claim.outcome) && badge.claim.why !== null) ||
    ((badge.kind === 'running' || badge.kind === 'done') && waitedMs(badge.claim) >= QUIET_WAIT_MS);
  return ask || stopped ? 'row' : 'corner';
}

/** How long an ended or running claim waited in the queue. */
function waitedMs(claim: ClaimIn<'running'> | ClaimIn<'done'>): number {
  const endMs = claim.grantedMs ?? (claim.state === 'done' ? claim.endedMs : claim.arrivedMs);
  return endMs - claim.arrivedMs;
}

function tells(facts: BadgeFacts, claim: ClaimIn<'running'> | ClaimIn<'done'>): boolean {
  const says = facts.ask !== null || facts.limits.length > 0;
  if (facts.mode === 'all' || says || claim.grantedMs === null) {
    return true;
  }
  const endMs = claim.state === 'done' ? claim.endedMs : facts.nowMs;
  return (
    waitedMs(claim) >= QUIET_WAIT_MS ||
    endMs - claim.grantedMs >= QUIET_RUN_MS ||
    (claim.state === 'done' && claim.why !== null)
  );
}
