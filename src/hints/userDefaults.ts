import type { TranslationBundle } from '@jupyterlab/translation';
import { type ISignal, Signal } from '@lumino/signaling';

import { HINT_NAMES, problemOf } from '../../server/protocol/hints';
import { textOf, valueOf } from './text';
import type { IArbiter, IDefaults } from '../tokens';

/**
 * The user's default hints: from the settings editor to the sidecar.
 *
 * #### Notes
 * Settings are texts, parsed like those in the editor of a cell. A malformed one
 * is ignored and reported, though not while it is being typed; the others
 * still apply. They are sent again to every sidecar that this page
 * meets.
 */
export class UserDefaults implements IDefaults {
  constructor(
    private readonly _arbiter: IArbiter,
    private readonly _trans: TranslationBundle,
    /** Shows all current problems, and nothing else. */
    private readonly _warn: (problems: readonly string[]) => void,
    /** Resolves when the person editing the settings has finished typing. */
    private readonly _typed: () => Promise<void>
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

  /** Apply the settings. */
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
    this._hints = hints;
    this._told = null;
    // Fixed problems are withdrawn at once; a new one may be half a word.
    this._problems = problems.filter(problem => this._problems.includes(problem));
    this._show();
    void this._send();
    void this._judge(problems);
  }

  private async _judge(problems: readonly string[]): Promise<void> {
    this._judging = problems;
    await this._typed();
    if (this._judging === problems) {
      this._problems = problems;
      this._show();
    }
  }

  private _show(): void {
    this._warn(this.problems);
    this._changed.emit();
  }

  private _sentence(problem: { path: string; got: string; expected: string }): string {
    return this._trans.__(
      'The default for "%1" in your settings is ignored: it is %2; expected %3.',
      problem.path,
      problem.got,
      problem.expected
    );
  }

  /** Send them to the sidecar, unless it has them already. */
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
    }
    this._show();
  }

  /** Null until the settings were read. */
  private _hints: Readonly<Record<string, unknown>> | null = null;
  private _problems: readonly string[] = [];
  /** The problems of the settings that were read last. */
  private _judging: readonly string[] = [];
  private _refusal: string | null = null;
  /** The generation of the sidecar that knows these hints. */
  private _told: number | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
