import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Pair,
  type YAMLMap
} from 'yaml';

/** Names, and list indices from 0, from the root of a file. */
export type Path = readonly PropertyKey[];

/** Whatever version and tags a file declares, it is read as maps with names, lists and scalars. */
const OPTIONS = {
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  stringKeys: true,
  // The parser's own position reports and duplicate checks scan everything for each item.
  prettyErrors: false,
  uniqueKeys: false
} as const;

/** A YAML text: its value, the position of each part, and its problems as YAML. */
export class ConfigText {
  readonly problems: { readonly offset: number; readonly sentence: string }[] = [];
  /** Plain values; null if the text is empty or not YAML. */
  readonly value: unknown;
  private readonly lines = new LineCounter();
  private readonly offsets = new Map<string, number>();

  constructor(text: string) {
    const document = parseDocument(text, { ...OPTIONS, lineCounter: this.lines });
    const errors = document.errors.filter(it => it.code !== 'NON_STRING_KEY');
    errors.forEach(({ message, pos }) => this.tell(pos[0], message));
    visit(document, {
      Map: (_, map) => this.clearNames(map),
      Alias: (_, alias) => this.dropAlias(alias)
    });
    this.note(document.contents, [], startOf(document.contents));
    this.value = errors.length === 0 ? (document.toJS() as unknown) : null;
  }

  /** Where the value at a path begins, or the nearest written value around it. */
  offsetOf(path: Path): number {
    const offset = this.offsets.get(JSON.stringify(path));
    return offset ?? (path.length > 0 ? this.offsetOf(path.slice(0, -1)) : 0);
  }

  /** The line of an offset, from 1. */
  lineAt(offset: number): number {
    return this.lines.linePos(offset).line;
  }

  private note(node: unknown, path: Path, offset: number): void {
    this.offsets.set(JSON.stringify(path), offset);
    if (isMap(node)) {
      node.items.forEach(pair =>
        this.note(pair.value, [...path, nameOf(pair)!], startOf(pair.key))
      );
    } else if (isSeq(node)) {
      node.items.forEach((item, index) => this.note(item, [...path, index], startOf(item)));
    }
  }

  /** Keep each name in a map once, and drop what cannot be a name. */
  private clearNames(map: YAMLMap): void {
    const known = new Map<string, Pair>();
    map.items = map.items.filter(pair => {
      const name = nameOf(pair);
      // Code that copies objects would drop "__proto__".
      if (name === null || name === '__proto__') {
        const what = name === null ? 'a list or a map' : `"${name}"`;
        const words = `${what} is no name of anything; expected a word (name: value)`;
        this.tell(startOf(pair.key), words);
        return false;
      }
      const before = known.get(name);
      before ? this.unite(before, pair) : known.set(name, pair);
      return !before;
    });
  }

  /** A duplicate name is a problem; both of its values are merged and checked as one. */
  private unite(before: Pair, pair: Pair): void {
    this.tell(startOf(pair.key), `the name "${nameOf(pair)}" stands here twice`);
    isMap(before.value) && isMap(pair.value) && before.value.items.push(...pair.value.items);
  }

  /** An alias is not followed: it can make a short file endless, or form a cycle. */
  private dropAlias(alias: Alias): symbol {
    const words = `"*${alias.source}" stands for something else; expected it to be written out`;
    this.tell(startOf(alias), words);
    return visit.REMOVE;
  }

  private tell(offset: number, sentence: string): void {
    this.problems.push({ offset, sentence });
  }
}

function nameOf({ key }: Pair): string | null {
  return isScalar(key) ? String(key.value) : null;
}

function startOf(node: unknown): number {
  return (
    (node as { readonly range?: readonly [number, ...unknown[]] | null } | null)?.range?.[0] ?? 0
  );
}
