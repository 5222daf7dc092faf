import type { Ask } from '../../server/protocol/ask';
import type { Hints } from '../../server/protocol/hints';
import type { Sourced } from './sources';

/** Where a default is written. */
type DefaultSource = 'notebook' | 'settings' | 'node';

/** Limits of a cell that it does not set itself: the fields of one source. */
export type Limit = { readonly source: DefaultSource; readonly hints: Hints };

/** The fields that limit a cell; the others only affect its place in the queue. */
const HOLDING = ['cpus', 'exclusive', 'memoryBytes', 'gpus', 'gpuMemoryBytes'] as const;

/**
 * The limits that defaults impose on a cell, nearest source first.
 *
 * @param ran - What a run requested: defaults that did not apply to it are left out.
 */
export function limitsOf({ parsed, ask }: Sourced, ran: Ask = ask): readonly Limit[] {
  const stated = new Set(
    (['cell', 'tag', 'directive'] as const).flatMap(source => Object.keys(parsed[source].hints))
  );
  const limits: Limit[] = [];
  for (const source of ['notebook', 'settings', 'node'] as const) {
    const { hints } = parsed[source];
    const fields = HOLDING.filter(
      field =>
        !stated.has(field) &&
        holds(hints[field]) &&
        JSON.stringify(hints[field]) === JSON.stringify(ran[field])
    );
    if (fields.length) {
      limits.push({ source, hints: Object.fromEntries(fields.map(it => [it, hints[it]])) });
    }
    Object.keys(hints).forEach(field => stated.add(field));
  }
  return limits;
}

/** Whether a value requests more than a cell without hints. */
function holds(value: Hints[(typeof HOLDING)[number]]): boolean {
  return typeof value === 'object' ? value?.kind !== 'auto' && value !== null : Boolean(value);
}
