import { parseSpan } from '../protocol/hints';

/** The last time that a date may have. */
const MS_MAX = 8.64e15;

/** A time as a request has it, in ms since the epoch: these, a date, or a span of time before now; null for none. */
export function timeOf(text: unknown, nowMs: number): number | null {
  const words = String(text);
  if (/^\d{9,16}(\.\d+)?$/.test(words)) {
    const ms = Number(words);
    return ms <= MS_MAX ? ms : null;
  }
  const span = parseSpan(text);
  const ms = span === undefined ? Date.parse(words) : nowMs - span;
  return Number.isNaN(ms) ? null : ms;
}
