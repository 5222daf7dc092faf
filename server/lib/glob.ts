/** Characters that are special in other globs, but not in these. */
const NOT_SPOKEN = /^[!~]|[[\]{}\\]/;

/**
 * Whether a text is a pattern that {@link globMatches} understands: `*` and `?`
 * within a name, `**` for any folders, and nothing that is special only in other globs.
 */
export function isGlob(text: string): boolean {
  return text !== '' && !NOT_SPOKEN.test(text);
}

/**
 * Whether a path matches a pattern: `*` is any part of a name, `?` any one
 * character, `**` any number of folders.
 *
 * #### Notes
 * A pattern that starts with `/` applies to the whole path, any other to its
 * end: `atlas/*.ipynb` matches `/users/ann/atlas/a.ipynb`. One that ends with `/`
 * matches everything below. Case matters. Takes at most pattern length times
 * path length steps, whatever they contain.
 */
export function globMatches(pattern: string, path: string): boolean {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern;
  const segments = (whole.startsWith('/') ? whole : `**/${whole}`).split('/');
  return fits(segments, path.split('/'), it => it === '**', nameFits);
}

function nameFits(pattern: string, name: string): boolean {
  const isFit = (mark: string, character: string) => mark === '?' || mark === character;
  return fits([...pattern], [...name], it => it === '*', isFit);
}

/** Whether items match a pattern in which a star matches any number of them. */
function fits<T>(
  pattern: readonly T[],
  items: readonly T[],
  isStar: (mark: T) => boolean,
  isFit: (mark: T, item: T) => boolean
): boolean {
  let [at, next, star, from] = [0, 0, -1, 0];
  while (next < items.length) {
    if (at < pattern.length && isStar(pattern[at]!)) {
      [star, from] = [at, next];
      at += 1;
    } else if (at < pattern.length && isFit(pattern[at]!, items[next]!)) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      // The last star takes one more: what an earlier one could take, it can too.
      from += 1;
      [at, next] = [star + 1, from];
    } else {
      return false;
    }
  }
  return pattern.slice(at).every(isStar);
}
