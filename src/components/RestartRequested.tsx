import * as React from 'react';

import { waitInWords } from '../../server/protocol/sentences';
import type { HolderView } from '../../server/protocol/view';
import { speakerOf } from '../arbiter/speaker';
import { baseName } from '../format';
import type { PanelProps } from './panelProps';

/** Somebody asks the owner of a kernel to restart it; shown only to the owner (GPU5). */
export function RestartRequested(
  props: PanelProps & { readonly kernel: HolderView }
): JSX.Element | null {
  const { trans, kernel, paths, keepers } = props;
  const { restartRequest } = kernel;
  if (!restartRequest || restartRequest.declined || !paths.has(kernel.id)) {
    return null;
  }
  const { holderName, owner, label, reason } = restartRequest;
  const why = waitInWords(reason, speakerOf(trans, paths, 'kernel'));
  const who = [baseName(holderName), label].filter(Boolean).join(' ▸ ');
  return (
    <div className="cg-Request" role="status">
      <span>{trans.__('%1 of %2 asks you to restart it: it waits %3.', who, owner, why)}</span>
      <button className="cg-Button" onClick={() => keepers.onRestart(kernel.id)}>
        {trans.__('Restart…')}
      </button>
      <button className="cg-Button" onClick={() => keepers.onDecline(kernel.id)}>
        {trans.__('Keep it')}
      </button>
    </div>
  );
}
