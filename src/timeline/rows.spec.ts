import { kernel, NOW_MS } from '../testing/facts';
import { executed } from '../testing/past';
import { rowsOf } from './rows';
import { spanOf } from './spans';

const ran = (holderId: string, row: number): ReturnType<typeof spanOf> =>
  spanOf(executed({ holderId, row, holderName: `${holderId}.ipynb`, arrivedMs: NOW_MS + row }));

describe('[UI10] the rows of a timeline', () => {
  it('are one for each kernel, in the order of the panel, then those that are gone', () => {
    const holders = [
      kernel({ id: 'idle', name: 'a.ipynb' }),
      kernel({ id: 'busy', name: 'b.ipynb', state: 'running' }),
      kernel({ id: 'child', name: 'c.ipynb', parentHolderId: 'idle' }),
      kernel({ id: 'silent', name: 'd.ipynb' })
    ];
    const spans = [
      ran('gone', 1),
      ran('idle', 2),
      ran('child', 3),
      ran('busy', 4),
      ran('later', 5)
    ];
    const rows = rowsOf(spans, holders, new Map([['idle', 'deep/renamed.ipynb']]));
    expect(rows.map(row => [row.name, row.depth, row.isLive])).toEqual([
      ['b.ipynb', 0, true],
      ['renamed.ipynb', 0, true],
      ['c.ipynb', 1, true],
      ['later.ipynb', 0, false],
      ['gone.ipynb', 0, false]
    ]);
  });

  it('have their executions in the order of arrival', () => {
    const [row] = rowsOf([ran('k', 3), ran('k', 1), ran('k', 2)], [], new Map());
    expect(row!.spans.map(it => it.claimId)).toEqual(['c1', 'c2', 'c3']);
  });
});
