/** One part of a bar. */
export type BarPart = {
  readonly key: string;
  /** 0 to 1 of the whole bar. */
  readonly share: number;
  /** The series it is drawn in, or a role of its own. */
  readonly series: number | 'other' | 'reserve' | 'alarm';
  /** Hatched: promised, or in use without being pinned. */
  readonly hatched?: boolean;
  /** A letter that distinguishes parts without colour. */
  readonly letter?: string;
  /** Shown on hover. */
  readonly title: string;
};

/** Narrower parts cannot be distinguished by eye. */
const TINY_SHARE = 0.015;

/**
 * The parts as drawn: several tiny ones are merged, in the place of the
 * last of them, and all together are never wider than the bar.
 *
 * #### Notes
 * The sum is preserved. A part with a role of its own stays separate, and so
 * does a single tiny part.
 */
export function drawnParts(parts: readonly BarPart[]): readonly BarPart[] {
  const shown = parts.filter(part => part.share > 0);
  const tiny = shown.filter(isTiny);
  const last = tiny[tiny.length - 1];
  const merged =
    tiny.length < 2
      ? shown
      : shown.flatMap(part => (part === last ? [together(tiny)] : isTiny(part) ? [] : [part]));
  const sum = merged.reduce((total, part) => total + part.share, 0);
  return sum > 1 ? merged.map(part => ({ ...part, share: part.share / sum })) : merged;
}

function isTiny({ share, series }: BarPart): boolean {
  return share < TINY_SHARE && series !== 'reserve' && series !== 'alarm';
}

function together(parts: readonly BarPart[]): BarPart {
  return {
    key: 'together',
    share: parts.reduce((sum, part) => sum + part.share, 0),
    series: 'other',
    hatched: parts.every(part => part.hatched === true),
    letter: '…',
    title: parts.map(part => part.title).join('\n')
  };
}
