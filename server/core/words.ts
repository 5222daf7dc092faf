export { amountInWords, bytesInWords, spanInWords } from '../protocol/amounts';

/** A count with its noun: `1 CPU`, `2 CPUs`. */
export function countInWords(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
