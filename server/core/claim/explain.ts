import type { ClaimStory } from '../../protocol/view';
import { forecastStarts } from './forecast';
import type { State } from '../state';
import { viewClaim } from '../view';

/** A claim with its story, or null if there is none with that id (API2). */
export function story(state: State, claimId: string): ClaimStory | null {
  const entry = state.claims.get(claimId);
  return entry
    ? { ...viewClaim(state, entry, forecastStarts(state)), story: [...entry.story] }
    : null;
}
