/** A name that something had in an older version, and its present name. */
export type Renaming = readonly [former: string, name: string];

/** An object with its keys renamed; anything else, or an object with no former key, as it is. */
export function renamed(value: unknown, renamings: readonly Renaming[]): unknown {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  const former = renamings.filter(([it, name]) => it in value && !(name in value));
  if (former.length === 0) {
    return value;
  }
  const entries = Object.entries(value).map(([key, it]) => [nameOf(key, former), it] as const);
  return Object.fromEntries(entries);
}

function nameOf(key: string, renamings: readonly Renaming[]): string {
  return renamings.find(([former]) => former === key)?.[1] ?? key;
}
