import type { TranslationBundle } from '@jupyterlab/translation';

import type { NodeView } from '../../server/protocol/view';
import { formatAmount, formatBytes, formatBytesOf } from '../format';

/** The memory of a node in words: promised, used, kept by idle kernels, held by others, and reserved. */
export function memoryFigures(trans: TranslationBundle, node: NodeView): string[] {
  const { memoryPromisedBytes, memoryUsedBytes, memoryKeptBytes, memoryReserveBytes } = node;
  const others = node.memoryOthersBytes;
  return [
    memoryPromisedBytes > 0
      ? trans.__('%1 promised', formatAmount(memoryPromisedBytes))
      : trans.__('nothing promised'),
    memoryUsedBytes === null ? '' : trans.__('%1 used', formatBytes(memoryUsedBytes)),
    memoryKeptBytes > 0 ? trans.__('idle kernels keep %1', formatBytes(memoryKeptBytes)) : '',
    others === null ? '' : trans.__('others hold %1', formatBytes(others)),
    trans.__('reserve %1', formatBytes(memoryReserveBytes))
  ].filter(part => part !== '');
}

/** How much of the grantable memory is promised, for where there is little room. */
export function promisedText(trans: TranslationBundle, node: NodeView): string {
  const grantableBytes = node.memoryBytes - node.memoryReserveBytes;
  return trans.__(
    'Memory %1 promised',
    formatBytesOf(trans, node.memoryPromisedBytes, grantableBytes)
  );
}
