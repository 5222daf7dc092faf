import { parseSpan } from '../protocol/hints';

/** The last time that a date may have. */
const MS_MAX = 8.64e15;

/** A time as a request has it, in ms since the epoch: these, a date, or a span of time before now; null for none. */
export function timeOf(text: unknown, nowMs: number): number | null {
  if (typeof text === 'string' && /^\d{9,16}(\.\d+)?$/.test(text)) {
    const ms = Number(text);
    return ms <= MS_MAX ? ms : null;
  }
  const span = parseSpan(text);
  const ms = span === undefined ? Date.parse(String(text)) : nowMs - span;
  return Number.isNaN(ms) ? null : ms;
}
