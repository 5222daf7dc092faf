import type { TranslationBundle } from '@jupyterlab/translation';

/** How far back the history is shown. */
export type Range = 'minutes' | 'hour' | 'day' | 'week' | 'month';

/** The length of each range in ms, shortest first. */
export const RANGES: Readonly<Record<Range, number>> = {
  minutes: 900_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
  month: 2_592_000_000
};

/** The ranges in words. */
export function rangeTexts(trans: TranslationBundle): Readonly<Record<Range, string>> {
  return {
    minutes: trans.__('last 15 minutes'),
    hour: trans.__('last hour'),
    day: trans.__('last 24 hours'),
    week: trans.__('last 7 days'),
    month: trans.__('last 30 days')
  };
}
