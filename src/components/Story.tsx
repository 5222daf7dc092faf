import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { waitInWords } from '../../server/protocol/sentences';
import { storySentence } from '../../server/protocol/stories';
import type { ClaimView, StoryLine } from '../../server/protocol/view';
import { speakerOf } from '../arbiter/speaker';
import { formatSpan } from '../format';

/** The inputs of the story of one claim. */
export type StoryProps = {
  readonly trans: TranslationBundle;
  readonly claim: ClaimView;
  /** The documents of this server's kernels, by kernel. */
  readonly paths: ReadonlyMap<string, string>;
  /** Resolves to the story of a claim; rejects with a sentence for people. */
  readonly storyOf: (claimId: string) => Promise<readonly StoryLine[]>;
};

/** A loaded story, and its claim. */
type Told = {
  readonly claimId: string;
  readonly lines: readonly StoryLine[];
  readonly problem: string | null;
};

/**
 * Why a claim waited, and why it got its grant (API2), folded until somebody
 * opens it.
 *
 * #### Notes
 * Requested only while it is open, and again when its claim displays something
 * else. The previous story stays until the new answer arrives.
 */
export function Story({ trans, claim, paths, storyOf }: StoryProps): JSX.Element {
  const [isOpen, setOpen] = React.useState(false);
  const known = useTold(claim, storyOf, isOpen);
  const details = React.useRef<HTMLDetailsElement>(null);
  const isTold = isOpen && known !== null;
  const speaker = speakerOf(trans, paths, claim.holderKind);
  React.useEffect(() => {
    if (isTold) {
      // All of it if there is room, else its beginning.
      details.current?.scrollIntoView({ block: 'nearest' });
      details.current?.querySelector('summary')?.scrollIntoView({ block: 'nearest' });
    }
  }, [isTold]);
  return (
    <details
      ref={details}
      className="cg-More cg-Story"
      onToggle={event => setOpen(event.currentTarget.open)}
    >
      <summary>
        {claim.state === 'done' ? trans.__('Story of the last run') : trans.__('Story of this run')}
      </summary>
      {known?.problem && <p className="cg-Empty">{known.problem}</p>}
      <ol aria-live="polite" aria-busy={isOpen && !known}>
        {known?.lines.map((line, at) => (
          <li key={at}>
            <span className="cg-Clock">{`+${formatSpan(line.atMs - known.lines[0]!.atMs)}`}</span>
            <span>{storySentence(line.fact, speaker)}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** The story of a claim, requested while it is open; null before the first answer. */
function useTold(claim: ClaimView, storyOf: StoryProps['storyOf'], isOpen: boolean): Told | null {
  const [told, setTold] = React.useState<Told | null>(null);
  const chapter = chapterOf(claim);
  React.useEffect(() => {
    let isStale = !isOpen;
    const tell = (lines: readonly StoryLine[], problem: string | null): void => {
      isStale || setTold({ claimId: claim.id, lines, problem });
    };
    if (isOpen) {
      storyOf(claim.id).then(
        lines => tell(lines, null),
        (error: Error) => tell([], error.message)
      );
    }
    return () => {
      isStale = true;
    };
  }, [isOpen, claim.id, chapter]);
  return told?.claimId === claim.id ? told : null;
}

/** A changed value means that the story continued. */
function chapterOf(claim: ClaimView): string {
  switch (claim.state) {
    case 'waiting':
      return `${claim.state} ${claim.position} ${waitInWords(claim.reason)}`;
    case 'running':
      return `${claim.state} ${JSON.stringify(claim.grant)}`;
    case 'done':
      return claim.state;
  }
}
