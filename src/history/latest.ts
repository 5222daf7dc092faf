import { type ISignal, Signal } from '@lumino/signaling';

/**
 * The answer to the question that was asked last.
 *
 * #### Notes
 * An answer that comes after a newer question is dropped. While a question is open, and if it
 * fails, the last answer stays.
 */
export class Latest<T> {
  /** The last answer; null before the first one. */
  get value(): T | null {
    return this._value;
  }

  /** Why the last question has no answer, in a sentence for people; null if it has one. */
  get problem(): string | null {
    return this._problem;
  }

  /** Emitted after each answer, and each failure. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Ask; resolves when this question was answered, failed, or was overtaken. */
  async ask(question: () => Promise<T>): Promise<void> {
    const turn = ++this._turn;
    try {
      this._take(turn, await question(), null);
    } catch (error) {
      this._take(turn, this._value, (error as Error).message);
    }
  }

  /** Forget the answer: the next question is about something else. */
  clear(): void {
    this._turn++;
    this._value = null;
    this._problem = null;
  }

  private _take(turn: number, value: T | null, problem: string | null): void {
    if (turn === this._turn) {
      this._value = value;
      this._problem = problem;
      this._changed.emit();
    }
  }

  private _turn = 0;
  private _value: T | null = null;
  private _problem: string | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
