import type { Written } from './written';

/** The weight files of a cgroup version, and the lowest weight it accepts. */
type WeightFiles = { readonly weight: string; readonly idle: string; readonly least: string };

/** The relative weights of holders; an idle holder gets only what nobody else wants. */
export class Weight {
  constructor(
    private readonly written: Written,
    private readonly files: WeightFiles,
    /** Whether the kernel supports idle cgroups; if not, an idle holder gets the lowest weight. */
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
