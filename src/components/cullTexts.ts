import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { CulledView } from '../../server/protocol/cull';
import type { HolderView } from '../../server/protocol/view';
import { formatBytes, formatSpan } from '../format';

/** What a kernel keeps, as far as it is measured. */
type Kept = Pick<HolderView, 'memoryBytes' | 'gpuMemoryBytes'>;

function keptText(trans: TranslationBundle, { memoryBytes, gpuMemoryBytes }: Kept): string {
  const parts = [
    memoryBytes ? trans.__('%1 of memory', formatBytes(memoryBytes)) : '',
    gpuMemoryBytes ? trans.__('%1 of GPU memory', formatBytes(gpuMemoryBytes)) : ''
  ].filter(part => part !== '');
  return parts.join(', ');
}

/** What a shutdown costs, before it happens. */
export function lossText(trans: TranslationBundle, kept: Kept): string {
  const what = keptText(trans, kept);
  return what
    ? trans.__(
        'Its variables (%1) and the state of its widgets will be lost; the notebook file stays as it is.',
        what
      )
    : trans.__(
        'Its variables and the state of its widgets will be lost; the notebook file stays as it is.'
      );
}

/** Why the kernel of a notebook is gone (CULL7). */
export function culledText(trans: TranslationBundle, culled: CulledView, when: string): string {
  const { atMs, usedMs } = culled;
  const idle = formatSpan(Math.floor((atMs - usedMs) / 1000) * 1000);
  const what = keptText(trans, culled);
  const first = trans.__(
    'The kernel of this notebook was shut down at %1, because nothing had used it for %2.',
    when,
    idle
  );
  return what
    ? `${first} ${trans.__('Its variables are gone (%1); the notebook is as it was.', what)}`
    : `${first} ${trans.__('Its variables are gone; the notebook is as it was.')}`;
}

/**
 * The time of day of a moment of the sidecar's clock, in `inMs`, by the clock of this browser.
 *
 * #### Notes
 * Worked out once for each moment: two clocks that differ by some ms would change it, and screen
 * readers would read it again.
 */
export function useClockTime(momentMs: number, inMs: number): string {
  return React.useMemo(() => clockTime(inMs), [momentMs]);
}

/** With the date if that is not today. */
function clockTime(inMs: number): string {
  const now = new Date();
  const then = new Date(now.getTime() + inMs);
  return then.toDateString() === now.toDateString()
    ? then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : then.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
}
