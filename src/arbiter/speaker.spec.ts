import type { Blocker } from '../../server/protocol/facts';
import { waitInWords } from '../../server/protocol/sentences';
import { trans } from '../testing/draw';
import { GIB, waiting } from '../testing/facts';
import { speakerOf } from './speaker';

const { reason } = waiting();
const says = (its: typeof reason, paths: readonly (readonly [string, string])[]): string =>
  waitInWords(its, speakerOf(trans, new Map(paths), 'kernel'));

describe('speakerOf', () => {
  it('[UI1] calls a notebook that was renamed by its name of now', () => {
    expect(says(reason, [['k2', 'a/better $& name.ipynb']])).toBe(
      'for 14 GiB; 14 GiB held by better $& name.ipynb'
    );
  });

  it('[UI1] does so for each of several, also where they have the same name', () => {
    const blockers = [8, 2, 1].map((gib, at): Blocker => ({
      ...reason.blockers[0]!,
      holderId: `k${at + 2}`,
      holderName: 'Untitled.ipynb',
      holds: { kind: 'memory', bytes: gib * GIB, isGranted: true }
    }));
    const paths = [
      ['k3', 'a/two.ipynb'],
      ['k4', 'three.ipynb']
    ] as const;
    expect(says({ ...reason, blockers }, paths)).toBe(
      'for 14 GiB; 8 GiB held by Untitled.ipynb, 2 GiB by two.ipynb and 1 GiB by three.ipynb'
    );
  });

  it('keeps the name of the sidecar for what belongs to somebody else', () => {
    expect(says(reason, [['k1', 'work.ipynb']])).toBe('for 14 GiB; 14 GiB held by holder.ipynb');
  });
});
