import type { Sqlite, Statement } from './sqlite';

/** How many words are remembered, of each kind of question. */
const REMEMBERED_MAX = 4096;

/** Texts that repeat in many rows: each stands once in the database, and rows name its number. */
export class Words {
  private readonly ids = new Map<string, number>();
  private readonly texts = new Map<number, string>();

  private readonly inserting: Statement;
  private readonly finding: Statement;
  private readonly reading: Statement;

  constructor(db: Sqlite) {
    this.inserting = db.prepare('INSERT INTO word (text) VALUES (?)');
    this.finding = db.prepare('SELECT id FROM word WHERE text = ?');
    this.reading = db.prepare('SELECT text FROM word WHERE id = ?');
  }

  /** The number of a text, which gets one if it has none; null for no text. */
  add(text: string | null): number | null {
    if (text === null) {
      return null;
    }
    const known = this.ids.get(text) ?? this.find(text);
    if (known !== null) {
      return known;
    }
    const { lastInsertRowid } = this.inserting.run(text);
    return remember(this.ids, text, Number(lastInsertRowid));
  }

  /** The number of a text; null if no row can have it. */
  find(text: string): number | null {
    const found = this.finding.get(text);
    return found ? remember(this.ids, text, Number(found['id'])) : null;
  }

  /** The text of a number; null for none. */
  text(id: unknown): string | null {
    if (typeof id !== 'number') {
      return null;
    }
    const known = this.texts.get(id);
    if (known !== undefined) {
      return known;
    }
    const found = this.reading.get(id);
    return remember(this.texts, id, String(found?.['text'] ?? ''));
  }

  /** What was remembered may not be true any more: words were removed, or a transaction was undone. */
  forget(): void {
    this.ids.clear();
    this.texts.clear();
  }
}

function remember<K, V>(memory: Map<K, V>, key: K, value: V): V {
  if (memory.size >= REMEMBERED_MAX) {
    memory.clear();
  }
  memory.set(key, value);
  return value;
}
