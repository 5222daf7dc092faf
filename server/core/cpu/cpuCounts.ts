import type { Ask } from '../../protocol/ask';
import type { Lease } from '../entries';

/** How many CPUs an exclusive ask takes: its number, the least of its range, or one. */
export function exclusiveCount(ask: Ask): number {
  const { cpus } = ask;
  return cpus.kind === 'fixed' ? cpus.n : cpus.kind === 'range' ? cpus.min : 1;
}

/** CPUs that an ask requires and may wait for: none for fixed and auto (CPU1). */
export function cpusWaitedFor(ask: Ask): number {
  return ask.exclusive ? exclusiveCount(ask) : ask.cpus.kind === 'range' ? ask.cpus.min : 0;
}

/** CPUs of a lease that block claims that require some (ADM7). */
export function blockingCpus({ promisedCpus, yieldsCpus }: Lease): number {
  return yieldsCpus ? 0 : promisedCpus;
}
