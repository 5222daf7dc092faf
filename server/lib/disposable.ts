/** Undoes one thing; the second call does nothing. */
export type Undo = () => void | Promise<void>;

/**
 * Collects undo handles and runs them in reverse order, once.
 *
 * #### Notes
 * A handle that fails does not keep the others from running; `dispose` rejects
 * with all failures at the end. A handle added after `dispose` is not run.
 */
export class UndoStack {
  private undos: Undo[] = [];

  add(undo: Undo): void {
    this.undos.push(undo);
  }

  async dispose(): Promise<void> {
    const undos = this.undos.reverse();
    this.undos = [];
    const failures: unknown[] = [];
    for (const undo of undos) {
      try {
        await undo();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length) {
      throw new AggregateError(failures, failures.map(String).join('; '));
    }
  }
}
