import type { TranslationBundle } from '@jupyterlab/translation';
import { type ISignal, Signal } from '@lumino/signaling';

import { HINT_NAMES, problemOf } from '../../server/protocol/hints';
import { textOf, valueOf } from './text';
import type { IArbiter, IDefaults } from '../tokens';

/**
 * The user's default hints: from the settings editor to the sidecar.
 *
 * #### Notes
 * Settings are texts, read as the editor of a cell reads them. A malformed one
 * counts for nothing and is told of; the others count all the same. They are
 * told again to every sidecar that this page meets.
 */
export class UserDefaults implements IDefaults {
  constructor(
    private readonly _arbiter: IArbiter,
    private readonly _trans: TranslationBundle,
    private readonly _warn: (problem: string) => void
  ) {
    _arbiter.changed.connect(() => void this._send(), this);
  }

  get hints(): Readonly<Record<string, unknown>> {
    return this._hints ?? {};
  }

  get problems(): readonly string[] {
    return this._refusal === null ? this._problems : [...this._problems, this._refusal];
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Take the settings over. */
  set(settings: Readonly<Record<string, unknown>>): void {
    const hints: Record<string, unknown> = {};
    const problems: string[] = [];
    for (const name of HINT_NAMES) {
      const value = valueOf(name, textOf(settings[name]));
      const problem = value === undefined ? null : problemOf(name, value);
      if (problem) {
        problems.push(this._sentence(problem));
      } else if (value !== undefined && value !== false) {
        hints[name] = value;
      }
    }
    problems.filter(problem => !this._problems.includes(problem)).forEach(this._warn);
    this._hints = hints;
    this._problems = problems;
    this._told = null;
    this._changed.emit();
    void this._send();
  }

  private _sentence(problem: { path: string; got: string; expected: string }): string {
    return this._trans.__(
      'The default for "%1" in your settings is %2; expected %3. It counts for nothing.',
      problem.path,
      problem.got,
      problem.expected
    );
  }

  /** Tell the sidecar, unless this one was told already. */
  private async _send(): Promise<void> {
    const { connection, generation } = this._arbiter;
    if (this._hints === null || connection.state !== 'live' || this._told === generation) {
      return;
    }
    this._told = generation;
    try {
      await this._arbiter.setDefaults(this._hints);
      this._refusal = null;
    } catch (error) {
      this._refusal = (error as Error).message;
      this._warn(this._refusal);
    }
    this._changed.emit();
  }

  /** Null until the settings were read. */
  private _hints: Readonly<Record<string, unknown>> | null = null;
  private _problems: readonly string[] = [];
  private _refusal: string | null = null;
  /** The generation of the sidecar that knows these hints. */
  private _told: number | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
