import type { Named } from '../../protocol/facts';
import type { StoryFact } from '../../protocol/storyFacts';
import type { ClaimEntry, HolderEntry } from '../entries';
import type { State } from '../state';

/** How many lines of a story are kept: the first eight, and the latest. */
export const STORY_LINES_MAX = 40;

const BEGINNING = 8;

/** Add a line to a claim's story (API2); beyond the bound, lines from its middle are dropped. */
export function tell(state: State, entry: ClaimEntry, fact: StoryFact): void {
  const { story } = entry;
  story.length >= STORY_LINES_MAX && story.splice(BEGINNING, 1);
  story.push({ atMs: state.nowMs, fact });
}

/** A holder as stories and reasons name it. */
export function named({ holder }: HolderEntry): Named {
  return { holderId: holder.id, holderName: holder.name, owner: holder.owner };
}
