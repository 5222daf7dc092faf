import * as React from 'react';

import { ownerInWords } from '../../server/protocol/things';
import type { CapOrderView, CapView } from '../../server/protocol/groupView';
import { speakerOf } from '../arbiter/speaker';
import { formatBytesOfAmount, formatNumber } from '../format';
import type { PanelProps } from './panelProps';

/** Whose caps they are, and how much of each is taken (CAP1): `ann 2 of 4 GPUs · 1 of 3 kernels`. */
export function CapLine({
  trans,
  paths,
  cap
}: Pick<PanelProps, 'trans' | 'paths'> & { readonly cap: CapView }): JSX.Element {
  return (
    <li
      className="cg-Group"
      title={trans.__('What may be had at once; a cell that would exceed it waits')}
    >
      <strong>{ownerInWords(cap, speakerOf(trans, paths, 'kernel'))}</strong>{' '}
      <span className="cg-Small">
        {cap.caps.map(it => takenText(trans, it)).join(' · ')}
        {cap.order && ` · ${orderText(trans, cap.order)}`}
      </span>
    </li>
  );
}

function orderText(trans: PanelProps['trans'], { by, why }: CapOrderView): string {
  return why === null ? trans.__('ordered by %1', by) : trans.__('ordered by %1: %2', by, why);
}

function takenText(
  trans: PanelProps['trans'],
  { what, used, most }: CapView['caps'][number]
): string {
  switch (what) {
    case 'kernels':
      return trans._n('%2 of %1 kernel', '%2 of %1 kernels', most, used);
    case 'cells':
      return trans._n('%2 of %1 running cell', '%2 of %1 running cells', most, used);
    case 'memory':
      return trans.__('%1 of memory', formatBytesOfAmount(trans, used, most));
    case 'gpus':
      return trans._n('%2 of %1 GPU', '%2 of %1 GPUs', most, used);
    case 'cpus':
      return trans._n('%2 of %3 CPU', '%2 of %3 CPUs', Math.ceil(most), used, formatNumber(most));
  }
}
