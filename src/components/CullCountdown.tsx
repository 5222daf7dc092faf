import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { HolderView } from '../../server/protocol/view';
import { baseName, formatClock, formatSpan } from '../format';
import { lossText, useClockTime } from './cullTexts';

type CullCountdownProps = {
  readonly trans: TranslationBundle;
  /** The sidecar's clock, in ms since the epoch. */
  readonly nowMs: number;
  readonly kernel: HolderView;
  /** Only the owner may keep it: the documents of the kernels of this server. */
  readonly paths: ReadonlyMap<string, string>;
  readonly onKeep: (kernelId: string) => void;
};

/**
 * When an idle kernel will be shut down, what is lost then, and a button that keeps it (CULL4).
 *
 * #### Notes
 * The clock is hidden from screen readers, which would read it every second: they are told the
 * time of day, once.
 */
export function CullCountdown(props: CullCountdownProps): JSX.Element | null {
  const { trans, nowMs, kernel, paths } = props;
  const { cull, state } = kernel;
  const endMs = cull?.atMs ?? cull?.keptUntilMs ?? nowMs;
  const leftMs = Math.max(0, endMs - nowMs);
  const time = useClockTime(endMs, leftMs);
  if (!cull || state === 'running') {
    return null;
  }
  if (cull.atMs === null) {
    return <div className="cg-Small">{trans.__('idle, kept until %1', time)}</div>;
  }
  const isOwn = paths.has(kernel.id);
  return (
    <div className="cg-Request cg-Cull" role="status">
      <span>
        {trans.__('Idle: will be shut down at %1', time)}
        <span className="cg-Clock" aria-hidden="true">
          {trans.__(' (in %1)', formatClock(leftMs))}
        </span>
      </span>
      {isOwn && <span>{lossText(trans, kernel)}</span>}
      {isOwn && cull.keepMs > 0 && <KeepButton {...props} keepMs={cull.keepMs} />}
    </div>
  );
}

function KeepButton(props: CullCountdownProps & { readonly keepMs: number }): JSX.Element {
  const { trans, kernel, paths, keepMs, onKeep } = props;
  const name = baseName(paths.get(kernel.id) ?? kernel.name);
  return (
    <button
      className="cg-Button"
      onClick={() => onKeep(kernel.id)}
      aria-label={trans.__('Keep the kernel of %1', name)}
      title={trans.__('It stays for %1, used or not', formatSpan(keepMs))}
    >
      {trans.__('Keep')}
    </button>
  );
}
