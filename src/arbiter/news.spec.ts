import { refusal } from '../../server/protocol/errors';
import { UNRESTRICTED } from '../../server/protocol/grant';
import { newsText } from '../components/newsTexts';
import { trans } from '../testing/draw';
import { done, GIB, NOW_MS, running, snapshot, waiting } from '../testing/facts';
import type { ClaimView } from '../../server/protocol/view';
import { NewsReader } from './news';

/** What is told of the last of these states of the node, in words. */
function told(...states: readonly (readonly ClaimView[] | null)[]): readonly string[] {
  const reader = new NewsReader();
  const news = states.map(claims => reader.read(claims && snapshot({ claims })));
  return news.at(-1)!.map(it => `${it.kind}: ${newsText(trans, new Map(), it)}`);
}

const grant = { ...UNRESTRICTED, memoryBytes: 10 * GIB };

describe('[UI12] news of a cell', () => {
  it('are that it runs after a long wait, and not after a short one', () => {
    const late = running({ arrivedMs: NOW_MS - 30_000, grantedMs: NOW_MS - 5000 });
    expect(told([waiting()], [late])).toEqual([
      'granted: work.ipynb ▸ [1] runs with shared CPUs, after a wait of 25 s.'
    ]);
    expect(told([waiting()], [running()])).toEqual([]);
  });

  it('are that a long run is done, with its wait and its run', () => {
    const long = done({ arrivedMs: 0, grantedMs: 12_000, endedMs: 112_000 });
    expect(told([running()], [long])).toEqual([
      'finished: work.ipynb ▸ [1]: done, waited 12 s, ran 1 min 40 s'
    ]);
    expect(told([running()], [done()])).toEqual([]);
  });

  it('are that it comes near its memory limit, once', () => {
    const near = running({ grant, memoryBytes: 8.5 * GIB });
    expect(told([running({ grant })], [near])).toEqual([
      expect.stringContaining('nearMemory: work.ipynb ▸ [1] uses 8.5 GiB of its 10 GiB of memory')
    ]);
    expect(told([running({ grant })], [near], [near])).toEqual([]);
    expect(told([running({ grant })], [running({ grant, memoryBytes: 7 * GIB })])).toEqual([]);
  });

  it('are the cause of its death, and why it was refused', () => {
    const why = refusal('KILLED_BY_NODE', {});
    expect(told([running()], [done({ outcome: 'died', why })])).toEqual([
      expect.stringMatching(/^killed: work\.ipynb ▸ \[1\]: .*memory/)
    ]);
    expect(told([], [done({ outcome: 'refused', grantedMs: null })])).toEqual([
      'refused: work.ipynb ▸ [1]: refused'
    ]);
  });

  it('are told once, also across a sidecar that was away, and not in a first snapshot', () => {
    const long = done({ arrivedMs: 0, grantedMs: 12_000, endedMs: 112_000 });
    expect(told([long])).toEqual([]);
    expect(told([running()], [long], [long])).toEqual([]);
    expect(told([running()], null, [long])).toHaveLength(1);
  });
});
