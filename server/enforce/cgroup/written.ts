import { V1 } from '../../host/cgroupfs';
import { readOrNull, type IHostFiles } from '../../host/files';
import { parseCpuList } from '../../lib/cpuset';
import { attempt } from '../failures';
import type { BroughtBackListener } from './removals';

/** A value as it was written, and where. */
type Value = { readonly text: string; readonly directory: string };

/** Writes holders' files in place, and only what differs from the last value. */
export class Written {
  private readonly values = new Map<string, Map<string, Value>>();
  /** Files of each holder that were found widened. */
  private readonly told = new Map<string, Set<string>>();

  constructor(private readonly files: IHostFiles) {}

  /** The last value that was written to a holder's file. */
  last(holderId: string, file: string): string | undefined {
    return this.values.get(holderId)?.get(file)?.text;
  }

  /** Write a value; after a failure the value counts as unknown. */
  write(holderId: string, directory: string, file: string, text: string): void {
    if (this.last(holderId, file) === text) {
      return;
    }
    const values = this.values.get(holderId) ?? new Map<string, Value>();
    this.values.set(holderId, values);
    values.delete(file);
    attempt(`${file} of ${holderId}`, () => this.files.write(`${directory}/${file}`, text));
    values.set(file, { text, directory });
  }

  /**
   * Drop the values of files that leave a holder more than was written, because somebody else wrote
   * them; says whether there are any. Each is told once, until the holder is forgotten.
   */
  dropWidened(holderId: string, tell: BroughtBackListener): boolean {
    const told = this.told.get(holderId) ?? new Set();
    let isAny = false;
    for (const [file, { text, directory }] of this.values.get(holderId) ?? []) {
      const found = isLimit(file, text) ? readOrNull(this.files, `${directory}/${file}`) : null;
      if (found !== null && isWider(file, found, text)) {
        told.has(file) || tell(holderId, `its ${file} was ${found || 'empty'} in place of ${text}`);
        this.told.set(holderId, told.add(file));
        this.drop(holderId, file);
        isAny = true;
      }
    }
    return isAny;
  }

  /** Forget one value: the kernel reset the file by itself. */
  drop(holderId: string, file: string): void {
    this.values.get(holderId)?.delete(file);
  }

  /** Forget all of a holder. */
  forget(holderId: string): void {
    this.values.delete(holderId);
    this.told.delete(holderId);
  }
}

/** Whether a value holds to anything: no limit, and how the scheduler is told to idle, do not. */
function isLimit(file: string, text: string): boolean {
  return text !== 'max' && text !== '-1' && file !== V1.idle;
}

/** Whether what a file reads leaves more than what was written; the kernel rounds down. */
function isWider(file: string, found: string, text: string): boolean {
  if (found === text) {
    return false;
  }
  if (file === V1.cpus) {
    const given = parseCpuList(text);
    // In version 2 an empty one has what is above it.
    return found === '' || !parseCpuList(found).every(cpu => given.includes(cpu));
  }
  return found === 'max' || Number(found) > Number(text);
}
