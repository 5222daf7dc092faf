import { LEVELS, type LastRun, type Level } from '../../protocol/prediction';
import { createProfile, type Profile } from './profile';

/** What is known from past executions, by key; of each level the least recently run key is dropped first. */
export type Learned = {
  readonly profiles: { readonly [level in Level]: Map<string, Profile> };
  /** The last execution of each cell. */
  readonly lasts: Map<string, LastRun>;
};

/** How many keys of a level are remembered. */
const KEYS_MAX: Readonly<Record<Level, number>> = {
  source: 10_000,
  cell: 10_000,
  notebook: 2000,
  user: 1000
};

/** Nothing is known yet. */
export function createLearned(): Learned {
  const profiles = { source: new Map(), cell: new Map(), notebook: new Map(), user: new Map() };
  return { profiles, lasts: new Map() };
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
    return key === null
      ? []
      : [renewed(profiles[level], key, profiles[level].get(key) ?? createProfile(), level)];
  });
}

/** Keep the last execution of a cell. */
export function keepLast({ lasts }: Learned, { cell }: Keys, last: LastRun): void {
  cell === null || renewed(lasts, cell, last, 'cell');
}

function renewed<T>(map: Map<string, T>, key: string, value: T, level: Level): T {
  map.delete(key);
  map.set(key, value);
  if (map.size > KEYS_MAX[level]) {
    map.delete(map.keys().next().value!);
  }
  return value;
}
