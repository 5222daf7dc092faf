import { Notification } from '@jupyterlab/apputils';

/** How long a warning stays in sight, in ms; it stays in the list of notifications. */
const IN_SIGHT_MS = 15_000;

/**
 * Shows what is wrong as notifications, and withdraws what is wrong no more.
 *
 * #### Notes
 * The lab cuts long texts, hence the button to where all of it stands.
 */
export class Warnings {
  constructor(private readonly _more: { readonly label: string; readonly callback: () => void }) {}

  /** What is wrong now, all of it. */
  show(problems: readonly string[]): void {
    for (const [problem, id] of this._shown) {
      if (!problems.includes(problem)) {
        Notification.dismiss(id);
        this._shown.delete(problem);
      }
    }
    for (const problem of problems.filter(it => !this._shown.has(it))) {
      const id = Notification.warning(problem, {
        autoClose: IN_SIGHT_MS,
        actions: [this._more]
      });
      this._shown.set(problem, id);
    }
  }

  private readonly _shown = new Map<string, string>();
}
