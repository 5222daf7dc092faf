import { Generations } from '../../lib/generations';
import { LEVELS, type LastRun, type Level } from '../../protocol/prediction';
import { createProfile, type Profile } from './profile';

/** What is known from past executions, by key; what has not run for longest is dropped first. */
export type Learned = {
  readonly profiles: { readonly [level in Level]: Generations<Profile> };
  /** The last execution of each cell. */
  readonly lasts: Generations<LastRun>;
};

/** How many keys of a level are remembered at least; at most twice as many. */
const KEYS: Readonly<Record<Level, number>> = {
  source: 5000,
  cell: 5000,
  notebook: 1000,
  user: 500
};

/** Nothing is known yet. */
export function createLearned(): Learned {
  const profiles = {
    source: new Generations<Profile>(KEYS.source),
    cell: new Generations<Profile>(KEYS.cell),
    notebook: new Generations<Profile>(KEYS.notebook),
    user: new Generations<Profile>(KEYS.user)
  };
  return { profiles, lasts: new Generations(KEYS.cell) };
}

/** Who runs what: as a claim says it, and an execution. */
export type Subject = {
  readonly owner: string;
  readonly holderKind: string;
  readonly notebook: string | null;
  readonly cellId: string | null;
  readonly sourceHash: string | null;
};

/** A subject's key of each level; null where it has none. */
export type Keys = { readonly [level in Level]: string | null };

/**
 * The keys of a subject.
 *
 * #### Notes
 * Each begins with its user: what one user's cells did says nothing about another's, and
 * nobody learns from a prediction what others ran (LEARN2).
 */
export function keysOf({ owner, holderKind, notebook, cellId, sourceHash }: Subject): Keys {
  return {
    source: sourceHash && `${owner}\n${sourceHash}`,
    cell: cellId && `${owner}\n${notebook ?? ''}\n${cellId}`,
    notebook: notebook && `${owner}\n${notebook}`,
    user: `${owner}\n${holderKind}`
  };
}

/** The profile of each level that a subject has a key of, to be changed; all count as just run. */
export function profilesFor({ profiles }: Learned, keys: Keys): Profile[] {
  return LEVELS.flatMap(level => {
    const key = keys[level];
    return key === null ? [] : [renewed(profiles[level], key)];
  });
}

function renewed(known: Generations<Profile>, key: string): Profile {
  const profile = known.get(key) ?? createProfile();
  known.set(key, profile);
  return profile;
}

/** Keep the last execution of a cell. */
export function keepLast({ lasts }: Learned, { cell }: Keys, last: LastRun): void {
  cell === null || lasts.set(cell, last);
}
