import {
  HINT_NAMES,
  type HintName,
  type HintProblem,
  parseHints,
  pathOf,
  problemOf
} from '../../server/protocol/hints';
import { METADATA_KEY } from './sources';
import { type Past, remember, travel } from './past';
import { textOf, valueOf } from './text';
import { NO_STEPS, type UndoSteps } from './undoSteps';

/** Anything with metadata: the model of a cell, or of a notebook. */
export interface IMetadataStore {
  getMetadata(key: string): unknown;
  setMetadata(key: string, value: unknown): void;
  deleteMetadata(key: string): void;
}

/** What a person typed into one field for one store, and the result. */
type Draft = {
  readonly text: string;
  /** The value that was written; undefined if none was. */
  readonly value: unknown;
  readonly problem: HintProblem | null;
};

/** The state of a store besides its metadata, while it lives; never saved. */
type Memory = {
  readonly drafts: Map<HintName, Draft>;
  readonly pasts: Map<HintName, Past>;
  /** The field that is being edited, and a token of that edit. */
  edit: { readonly name: HintName } | null;
};

/** One field as the editor shows it. */
export type SheetField = {
  readonly name: HintName;
  /** Empty if cells differ, unless the same text was typed for all of them. */
  readonly text: string;
  readonly problem: HintProblem | null;
  /**
   * What the metadata holds, as text. It differs from `text` while that is
   * malformed, because a malformed value is not written.
   */
  readonly written: string;
  /** Whether the written values of the cells differ. */
  readonly isMixed: boolean;
};

const MEMORIES = new WeakMap<IMetadataStore, Memory>();

/**
 * The hints in the metadata of one store, or of several that are edited together.
 *
 * #### Notes
 * A valid value is written as it is typed. A malformed one is kept as a draft
 * and not written: the notebook never contains half a word, a run requests what it
 * requested before, and the editor says so. Emptied hints are deleted, and
 * `cellgrant` with the last of them. Changes made elsewhere (undo, the JSON
 * editor, another window) replace earlier typing. Everything typed
 * until {@link settle} is one edit, for the field's undo and for the notebook's.
 */
export class HintSheet {
  private readonly _stores: readonly IMetadataStore[];

  /**
   * @param store - One store, or several: at least one.
   */
  constructor(
    store: IMetadataStore | readonly IMetadataStore[],
    private readonly _steps: UndoSteps = NO_STEPS
  ) {
    this._stores = Array.isArray(store) ? store : [store as IMetadataStore];
  }

  /** Every field, in the order of the editor. */
  get fields(): readonly SheetField[] {
    return HINT_NAMES.map(name => this.field(name));
  }

  /** One field. */
  field(name: HintName): SheetField {
    const [first, ...others] = this._stores.map(store => fieldOf(store, name));
    if (others.some(it => it.text !== first!.text)) {
      return { name, text: '', problem: null, written: '', isMixed: true };
    }
    // While it is malformed, one draft is shown for all, whatever each of them keeps.
    return { ...first!, isMixed: others.some(it => it.written !== first!.written) };
  }

  /** Entries of the metadata that are not hints; a run would be refused for them. */
  get strays(): readonly HintProblem[] {
    const names: readonly string[] = HINT_NAMES;
    const problems = this._stores.flatMap(
      store => parseHints(store.getMetadata(METADATA_KEY)).problems
    );
    const byPath = new Map(problems.map(problem => [problem.path, problem]));
    return [...byPath.values()].filter(problem => !names.includes(problem.path));
  }

  /** Apply what a person typed into a field; writes it if it is valid or empty. */
  set(name: HintName, text: string): void {
    for (const store of this._stores) {
      const memory = memoryOf(store);
      const now = fieldOf(store, name).text;
      if (memory.edit?.name !== name || memory.drafts.get(name)?.text !== now) {
        memory.edit = { name };
        remember(pastOf(store, name), now);
      }
    }
    this._write(name, () => text);
  }

  /** What is typed from now on belongs to a new edit. */
  settle(): void {
    this._stores.forEach(store => (memoryOf(store).edit = null));
  }

  /** Restore the text of a field before its last edit; false if it had none. */
  undo(name: HintName): boolean {
    return this._travel(name, past => [past.before, past.after]);
  }

  /** Revert the last {@link undo} of a field; false if there is none. */
  redo(name: HintName): boolean {
    return this._travel(name, past => [past.after, past.before]);
  }

  /** Write several values at once, such as a suggestion: one step to undo. */
  assign(values: Readonly<Partial<Record<HintName, unknown>>>): void {
    this.settle();
    this._steps({}, () => {
      for (const store of this._stores) {
        for (const name of HINT_NAMES.filter(it => it in values)) {
          remember(pastOf(store, name), fieldOf(store, name).text);
          memoryOf(store).drafts.delete(name);
        }
        writeHints(store, { ...hintsOf(store), ...values });
      }
    });
  }

  /** Whether the metadata already contains all of these values. */
  asks(values: Readonly<Partial<Record<HintName, unknown>>>): boolean {
    return this._stores.every(store => {
      const hints = hintsOf(store);
      return Object.entries(values).every(([name, value]) => same(hints[name], value));
    });
  }

  /** Remove an entry that is not a hint; `cellgrant` itself if that is malformed. */
  removeStray(path: string): void {
    this._steps({}, () => {
      for (const store of this._stores) {
        const entries = Object.entries(hintsOf(store));
        const rest = entries.filter(([name]) => pathOf(name) !== path);
        const isWhole = path === METADATA_KEY && rest.length === entries.length;
        writeHints(store, isWhole ? {} : Object.fromEntries(rest));
      }
    });
  }

  private _write(name: HintName, textFor: (store: IMetadataStore) => string): void {
    const edit = memoryOf(this._stores[0]!).edit ?? {};
    this._steps(edit, () => this._stores.forEach(store => type(store, name, textFor(store))));
  }

  private _travel(name: HintName, ways: (past: Past) => [from: string[], to: string[]]): boolean {
    this.settle();
    const found = new Map<IMetadataStore, string>();
    for (const store of this._stores) {
      const [from, to] = ways(pastOf(store, name));
      const text = travel(from, to, fieldOf(store, name).text);
      if (text !== undefined) {
        found.set(store, text);
      }
    }
    if (found.size) {
      this._write(name, store => found.get(store) ?? fieldOf(store, name).text);
    }
    return found.size > 0;
  }
}

function fieldOf(store: IMetadataStore, name: HintName): SheetField {
  const value = hintsOf(store)[name] ?? undefined;
  const written = textOf(value);
  const draft = memoryOf(store).drafts.get(name);
  if (draft && same(draft.value, value)) {
    return { name, text: draft.text, problem: draft.problem, written, isMixed: false };
  }
  const problem = value === undefined ? null : problemOf(name, value);
  return { name, text: written, problem, written, isMixed: false };
}

function type(store: IMetadataStore, name: HintName, text: string): void {
  const value = valueOf(name, text);
  const problem = value === undefined ? null : problemOf(name, value);
  const kept = hintsOf(store)[name] ?? undefined;
  memoryOf(store).drafts.set(name, { text, value: problem ? kept : value, problem });
  if (!problem && !same(kept, value)) {
    writeHints(store, { ...hintsOf(store), [name]: value });
  }
}

function hintsOf(store: IMetadataStore): Readonly<Record<string, unknown>> {
  const raw = store.getMetadata(METADATA_KEY);
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
    ? (raw as Record<string, unknown>)
    : {};
}

function writeHints(store: IMetadataStore, hints: Readonly<Record<string, unknown>>): void {
  const kept = Object.entries(hints).filter(([, value]) => value !== undefined);
  if (kept.length) {
    store.setMetadata(METADATA_KEY, Object.fromEntries(kept));
  } else if (store.getMetadata(METADATA_KEY) !== undefined) {
    store.deleteMetadata(METADATA_KEY);
  }
}

function memoryOf(store: IMetadataStore): Memory {
  let memory = MEMORIES.get(store);
  if (!memory) {
    MEMORIES.set(store, (memory = { drafts: new Map(), pasts: new Map(), edit: null }));
  }
  return memory;
}

function pastOf(store: IMetadataStore, name: HintName): Past {
  const { pasts } = memoryOf(store);
  const past = pasts.get(name) ?? { before: [], after: [] };
  pasts.set(name, past);
  return past;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
