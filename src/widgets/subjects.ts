import type { TranslationBundle } from '@jupyterlab/translation';

import type { SeriesOf } from '../../server/protocol/history';
import type { HolderView, Snapshot } from '../../server/protocol/view';
import { nameOf } from '../history/client';

/** Something whose figures are recorded, and its name for people. */
export type Subject = { readonly of: SeriesOf; readonly name: string };

/** What plots can be about: the node, its GPUs, its kernels; and what is shown now, even if it is gone. */
export function subjectsOf(
  trans: TranslationBundle,
  snapshot: Snapshot | null,
  shown: SeriesOf,
  titleOf: (holder: HolderView) => string
): readonly Subject[] {
  const subjects: readonly Subject[] = [
    { of: { kind: 'node' }, name: trans.__('the node') },
    ...(snapshot?.node.gpus ?? []).map(({ uuid, index }) => ({
      of: { kind: 'gpu', uuid } as const,
      name: trans.__('GPU %1', index)
    })),
    ...(snapshot?.holders ?? []).map(holder => ({
      of: { kind: 'holder', id: holder.id } as const,
      name: titleOf(holder)
    }))
  ];
  return subjects.some(({ of }) => nameOf(of) === nameOf(shown))
    ? subjects
    : [...subjects, { of: shown, name: trans.__('%1 (ended)', nameOf(shown)) }];
}
