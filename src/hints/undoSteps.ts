import type { INotebookModel } from '@jupyterlab/notebook';

/** Carries out changes of one edit; those of the same edit are undone together. */
export type UndoSteps = (edit: object, change: () => void) => void;

/** For stores without undo. */
export const NO_STEPS: UndoSteps = (_, change) => change();

/** The used part of Yjs's undo manager, which not every shared notebook has. */
type UndoManager = {
  readonly undoStack: readonly unknown[];
  lastChange: number;
  stopCapturing(): void;
};

/** The last step that each notebook received from here. */
const LAST = new WeakMap<object, { readonly edit: object; readonly item: unknown }>();

/**
 * The steps of a notebook's own undo (`z` in command mode).
 *
 * #### Notes
 * Jupyter excludes cell metadata from undo; a transaction of the notebook around
 * the change includes it. Yjs merges changes by time, but a person types slowly:
 * so each change becomes a step of its own, unless the previous step is from the same edit.
 */
export function undoStepsOf(notebook: INotebookModel['sharedModel']): UndoSteps {
  return (edit, change) => {
    const manager = (notebook as { undoManager?: UndoManager }).undoManager;
    const before = manager?.undoStack.at(-1);
    const last = LAST.get(notebook);
    if (manager && last?.edit === edit && last.item === before) {
      manager.lastChange = Date.now();
    } else {
      manager?.stopCapturing();
    }
    notebook.transact(change);
    manager?.stopCapturing();
    const item = manager?.undoStack.at(-1);
    if (item !== before) {
      LAST.set(notebook, { edit, item }); // else it changed nothing, or was merged into the previous step
    }
  };
}
