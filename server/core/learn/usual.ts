import type { Usual } from '../../protocol/prediction';
import type { ClaimEntry } from '../entries';
import type { Learned } from './learned';
import { usualRunMs } from './predict';

/** What a cell used last, and what is predicted of it; null if nothing is known (LEARN6). */
export function usualOf(learned: Learned, { keys, predicted }: ClaimEntry): Usual | null {
  if (keys.cell === null) {
    return null;
  }
  const last = learned.lasts.get(keys.cell) ?? null;
  return last || predicted ? { last, predicted, takes: usualRunMs(learned, keys) } : null;
}
