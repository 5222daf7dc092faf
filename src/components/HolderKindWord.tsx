import * as React from 'react';

import type { HolderView } from '../../server/protocol/view';
import { Glyph } from './Glyph';
import type { PanelProps } from './panelProps';

/** The kind of a holder other than a kernel, as a shape and a word. */
export function HolderKindWord({
  trans,
  kind
}: Pick<PanelProps, 'trans'> & { readonly kind: HolderView['kind'] }): JSX.Element {
  const isChild = kind === 'cell' || kind === 'worker';
  return (
    <span className="cg-Small" data-kind={kind}>
      <Glyph name={isChild ? 'child' : 'command'} />{' '}
      {
        {
          kernel: trans.__('kernel'),
          cell: trans.__('forked cell'),
          worker: trans.__('worker'),
          command: trans.__('command')
        }[kind]
      }
    </span>
  );
}
