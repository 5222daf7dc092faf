/** Distinguishes a kernel from the others, in every bar and list. */
export type KernelMark = { readonly series: number; readonly letter: string };

/**
 * Assigns each kernel a permanent colour and letter.
 *
 * #### Notes
 * A kernel keeps its mark while it lives; the next kernel gets the lowest free one.
 */
export class KernelMarks {
  /** The marks of exactly these kernels. */
  of(kernelIds: readonly string[]): ReadonlyMap<string, KernelMark> {
    const living = new Map<string, KernelMark>();
    for (const id of kernelIds) {
      const mark = this._marks.get(id);
      if (mark) {
        living.set(id, mark);
      }
    }
    const taken = new Set([...living.values()].map(mark => mark.series));
    let next = 0;
    for (const id of kernelIds) {
      if (!living.has(id)) {
        while (taken.has(next)) {
          next++;
        }
        taken.add(next);
        living.set(id, { series: next, letter: letterOf(next) });
      }
    }
    this._marks = living;
    return living;
  }

  private _marks: ReadonlyMap<string, KernelMark> = new Map();
}

/** A to Z, then a to z, then around again. */
function letterOf(series: number): string {
  return String.fromCharCode((series % 52 < 26 ? 65 : 71) + (series % 52));
}
