import type { IHostFiles } from '../host/files';
import { attempt } from './failures';

/** Writes holders' files in place, and only what differs from the last value. */
export class Written {
  private readonly values = new Map<string, Map<string, string>>();

  constructor(private readonly files: IHostFiles) {}

  /** The last value that was written to a holder's file. */
  last(holderId: string, file: string): string | undefined {
    return this.values.get(holderId)?.get(file);
  }

  /** Write a value; after a failure the value counts as unknown. */
  write(holderId: string, directory: string, file: string, value: string): void {
    if (this.last(holderId, file) === value) {
      return;
    }
    const values = this.values.get(holderId) ?? new Map<string, string>();
    this.values.set(holderId, values);
    values.delete(file);
    attempt(`${file} of ${holderId}`, () => this.files.write(`${directory}/${file}`, value));
    values.set(file, value);
  }

  /** Forget one value: the kernel reset the file by itself. */
  drop(holderId: string, file: string): void {
    this.values.get(holderId)?.delete(file);
  }

  /** Forget all of a holder. */
  forget(holderId: string): void {
    this.values.delete(holderId);
  }
}
