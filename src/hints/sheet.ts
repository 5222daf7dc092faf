import {
  HINT_NAMES,
  type HintName,
  type HintProblem,
  parseHints,
  pathOf,
  problemOf
} from '../../server/protocol/hints';
import { METADATA_KEY } from './sources';
import { textOf, valueOf } from './text';

/** Anything that keeps metadata: the model of a cell, or of a notebook. */
export interface IMetadataStore {
  getMetadata(key: string): unknown;
  setMetadata(key: string, value: unknown): void;
  deleteMetadata(key: string): void;
}

/** What a person typed and what became of it. */
type Draft = {
  readonly text: string;
  /** The value that was written; undefined where nothing was. */
  readonly value: unknown;
  readonly problem: HintProblem | null;
};

/** One field as the editor shows it. */
export type SheetField = {
  readonly name: HintName;
  readonly text: string;
  readonly problem: HintProblem | null;
  /**
   * What the metadata holds, as text. It differs from `text` while that is
   * malformed, because a malformed value is not written.
   */
  readonly written: string;
};

/** Drafts live as long as the model they were typed for, and are never saved. */
const DRAFTS = new WeakMap<IMetadataStore, Map<HintName, Draft>>();

/**
 * The hints in one store's metadata, as an editor shows and writes them.
 *
 * #### Notes
 * A valid value is written as it is typed. A malformed one is kept as a draft
 * and not written: the notebook never holds half a word, a run asks for what it
 * asked before, and the editor says so. Emptied hints are deleted, and
 * `cellgrant` with the last of them. Changes made elsewhere (undo, the JSON
 * editor, another window) replace what was typed before them.
 */
export class HintSheet {
  constructor(private readonly _store: IMetadataStore) {}

  /** Every field, in the order of the editor. */
  get fields(): readonly SheetField[] {
    return HINT_NAMES.map(name => this.field(name));
  }

  /** One field. */
  field(name: HintName): SheetField {
    const value = this._hints()[name] ?? undefined;
    const written = textOf(value);
    const draft = this._drafts().get(name);
    if (draft && same(draft.value, value)) {
      return { name, text: draft.text, problem: draft.problem, written };
    }
    const problem = value === undefined ? null : problemOf(name, value);
    return { name, text: written, problem, written };
  }

  /** Entries of the metadata that are no hints; a run would be refused for them. */
  get strays(): readonly HintProblem[] {
    const names: readonly string[] = HINT_NAMES;
    return parseHints(this._raw()).problems.filter(problem => !names.includes(problem.path));
  }

  /** Take what a person typed into a field; writes it if it is valid or empty. */
  set(name: HintName, text: string): void {
    const value = valueOf(name, text);
    const problem = value === undefined ? null : problemOf(name, value);
    const kept = this._hints()[name] ?? undefined;
    this._drafts().set(name, { text, value: problem ? kept : value, problem });
    if (!problem && !same(kept, value)) {
      this._write({ ...this._hints(), [name]: value });
    }
  }

  /** Write several values at once, such as a suggestion: one step to undo. */
  assign(values: Readonly<Partial<Record<HintName, unknown>>>): void {
    DRAFTS.delete(this._store);
    this._write({ ...this._hints(), ...values });
  }

  /** Whether the metadata holds all of these values already. */
  asks(values: Readonly<Partial<Record<HintName, unknown>>>): boolean {
    const hints = this._hints();
    return Object.entries(values).every(([name, value]) => same(hints[name], value));
  }

  /** Remove an entry that is no hint; `cellgrant` itself where that is malformed. */
  removeStray(path: string): void {
    const entries = Object.entries(this._hints());
    const rest = entries.filter(([name]) => pathOf(name) !== path);
    const isWhole = path === METADATA_KEY && rest.length === entries.length;
    this._write(isWhole ? {} : Object.fromEntries(rest));
  }

  private _raw(): unknown {
    return this._store.getMetadata(METADATA_KEY);
  }

  private _hints(): Readonly<Record<string, unknown>> {
    const raw = this._raw();
    return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
      ? (raw as Record<string, unknown>)
      : {};
  }

  private _drafts(): Map<HintName, Draft> {
    let drafts = DRAFTS.get(this._store);
    if (!drafts) {
      DRAFTS.set(this._store, (drafts = new Map()));
    }
    return drafts;
  }

  private _write(hints: Readonly<Record<string, unknown>>): void {
    const kept = Object.entries(hints).filter(([, value]) => value !== undefined);
    if (kept.length) {
      this._store.setMetadata(METADATA_KEY, Object.fromEntries(kept));
    } else if (this._raw() !== undefined) {
      this._store.deleteMetadata(METADATA_KEY);
    }
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
