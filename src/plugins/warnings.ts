import { Notification } from '@jupyterlab/apputils';

/** How long a warning stays visible, in ms; it stays in the list of notifications. */
const IN_SIGHT_MS = 15_000;

/**
 * Shows problems as notifications, and withdraws those that are resolved.
 *
 * #### Notes
 * The lab truncates long texts, hence the button that leads to the full text.
 */
export class Warnings {
  constructor(private readonly _more: { readonly label: string; readonly callback: () => void }) {}

  /** All current problems. */
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
