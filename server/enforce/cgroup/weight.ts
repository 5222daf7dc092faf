import type { Written } from './written';

/** The files of a cgroup version that say how much a holder weighs, and the least that may be said. */
type WeightFiles = { readonly weight: string; readonly idle: string; readonly least: string };

/** How much holders weigh against each other; who is idle has only what nobody else wants. */
export class Weight {
  constructor(
    private readonly written: Written,
    private readonly files: WeightFiles,
    /** Whether the kernel knows idle cgroups; else such a one weighs the least. */
    private readonly hasIdle: boolean
  ) {}

  write(holderId: string, directory: string, weight: string, isIdle: boolean): void {
    const { weight: file, idle, least } = this.files;
    if (!this.hasIdle) {
      this.written.write(holderId, directory, file, isIdle ? least : weight);
      return;
    }
    const said = isIdle ? '1' : '0';
    if (this.written.last(holderId, idle) !== said) {
      this.written.write(holderId, directory, idle, said);
      // The kernel resets the weight with every change, and refuses it while idle.
      this.written.drop(holderId, file);
    }
    if (!isIdle) {
      this.written.write(holderId, directory, file, weight);
    }
  }
}
