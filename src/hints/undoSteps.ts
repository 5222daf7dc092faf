import type { INotebookModel } from '@jupyterlab/notebook';

/** Carries out changes of one edit; those of the same edit are undone together. */
export type UndoSteps = (edit: object, change: () => void) => void;

/** For stores that nothing undoes. */
export const NO_STEPS: UndoSteps = (_, change) => change();

/** What is used of Yjs's undo manager, which not every shared notebook has. */
type UndoManager = {
  readonly undoStack: readonly unknown[];
  lastChange: number;
  stopCapturing(): void;
};

/** The last step that each notebook was given from here. */
const LAST = new WeakMap<object, { readonly edit: object; readonly item: unknown }>();

/**
 * The steps of a notebook's own undo (`z` in command mode).
 *
 * #### Notes
 * Jupyter keeps cell metadata out of undo; a transaction of the notebook around
 * the change takes it in. Yjs joins changes by time, but a person types slowly:
 * so each change is made a step of its own, unless the step before is the same edit's.
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
      LAST.set(notebook, { edit, item }); // else it changed nothing, or joined the step before
    }
  };
}
