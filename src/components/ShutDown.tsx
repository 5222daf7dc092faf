import * as React from 'react';

import type { HolderView } from '../../server/protocol/view';
import { baseName } from '../format';
import type { PanelProps } from './panelProps';

/** Shuts down a kernel of this server, after a question; in sight where the pointer or the focus is. */
export function ShutDown(
  props: Pick<PanelProps, 'trans' | 'paths' | 'keepers'> & { readonly kernel: HolderView }
): JSX.Element | null {
  const { trans, kernel, paths, keepers } = props;
  const path = paths.get(kernel.id);
  if (path === undefined) {
    return null;
  }
  return (
    <button
      className="cg-Link cg-ShutDown"
      onClick={() => keepers.onShutDown(kernel.id)}
      aria-label={trans.__('Shut down the kernel of %1', baseName(path))}
    >
      {trans.__('Shut down…')}
    </button>
  );
}
