import type { Gpu } from './events';

export { amountInWords, bytesInWords } from '../protocol/amounts';

/** A span of time as people say it: `12 s`, `3 min`, `2.5 h`. */
export function spanInWords(ms: number): string {
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  const [amount, unit] =
    ms < 90_000 ? [ms / 1e3, 's'] : ms < 5_400_000 ? [ms / 6e4, 'min'] : [ms / 36e5, 'h'];
  return `${Number((amount as number).toFixed((amount as number) < 10 ? 1 : 0))} ${unit}`;
}

/** A count with its noun: `1 CPU`, `2 CPUs`. */
export function countInWords(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** GPUs by index: `GPU 0, 2`. */
export function gpusInWords(gpus: readonly Gpu[], uuids: readonly string[]): string {
  const names = uuids.map(uuid => gpus.find(gpu => gpu.uuid === uuid)?.index ?? uuid);
  return `GPU ${names.join(', ')}`;
}
