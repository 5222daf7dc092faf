import { V1 } from '../../host/cgroupfs';
import { readOrNull, type IHostFiles } from '../../host/files';
import {
  formatCpuList,
  isSameSet,
  isWithin,
  parseCpuList,
  type CpuSet
} from '../../protocol/cpuset';
import { attempt } from '../failures';
import type { BroughtBackListener } from './removals';

/** A value as it was written, and where; for a cpuset also its CPUs. */
type Value = { readonly text: string; readonly directory: string; readonly cpus: CpuSet | null };

/** Writes holders' files in place, and only if the value differs from the last one. */
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
    this.writeAnew(holderId, file, { text, directory, cpus: null });
  }

  /** Write a set of CPUs in the same way. */
  writeCpus(holderId: string, directory: string, file: string, cpus: CpuSet): void {
    if (!isSameSet(this.values.get(holderId)?.get(file)?.cpus ?? null, cpus)) {
      this.writeAnew(holderId, file, { text: formatCpuList(cpus), directory, cpus });
    }
  }

  private writeAnew(holderId: string, file: string, value: Value): void {
    const values = this.values.get(holderId) ?? new Map<string, Value>();
    this.values.set(holderId, values);
    values.delete(file);
    const path = `${value.directory}/${file}`;
    attempt(`${file} of ${holderId}`, () => this.files.write(path, value.text));
    values.set(file, value);
  }

  /**
   * Drop the values of files that now allow a holder more than was written, because another process
   * wrote them; returns whether there are any. Each is reported once, until the holder is forgotten.
   */
  dropWidened(holderId: string, tell: BroughtBackListener): boolean {
    const told = this.told.get(holderId) ?? new Set();
    let isAny = false;
    for (const [file, value] of this.values.get(holderId) ?? []) {
      const { text, directory } = value;
      const found = isLimit(file, text) ? readOrNull(this.files, `${directory}/${file}`) : null;
      if (found !== null && isWider(found, value)) {
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

  /** Forget all values of a holder. */
  forget(holderId: string): void {
    this.values.delete(holderId);
    this.told.delete(holderId);
  }
}

/** Whether a value restricts anything: no limit and the scheduler's idle setting do not. */
function isLimit(file: string, text: string): boolean {
  return text !== 'max' && text !== '-1' && file !== V1.idle;
}

/** Whether a file's current text allows more than what was written; the kernel rounds down. */
function isWider(found: string, { text, cpus }: Value): boolean {
  if (found === text) {
    return false;
  }
  if (cpus) {
    // In version 2 an empty cpuset inherits that of its parent.
    return found === '' || !isWithin(parseCpuList(found), cpus);
  }
  return found === 'max' || Number(found) > Number(text);
}
