import { HostError } from './fakeCgroups';

/** Faults of a fake machine, on demand. */
export class FakeFaults {
  private readonly faults: { readonly pattern: RegExp; readonly errno: string; times: number }[] =
    [];

  /** From now on, for so many times, matching operations fail: `write /sys/...`, `mkdir ...`. */
  add(pattern: RegExp, errno: string, times: number): void {
    this.faults.push({ pattern, errno, times });
  }

  heal(): void {
    this.faults.length = 0;
  }

  /** Throw if this operation is to fail. */
  check(operation: string, path: string): void {
    const fault = this.faults.find(it => it.times > 0 && it.pattern.test(`${operation} ${path}`));
    if (fault) {
      fault.times -= 1;
      throw new HostError(fault.errno);
    }
  }
}
