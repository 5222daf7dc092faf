import { Harness } from '../../testing/harness';
import { scenario } from '../../testing/scenario';
import type { Effect } from '../effects';

describe('CPUs that a range insists on', () => {
  scenario(
    '[ADM10] of an outer cell count once',
    `node 4 cores
     claim outer cpus=[3,3]             -> gets 0-2
     kernel inner inside=outer
     claim inner cpus=[3,4]             -> gets 0-1,3
     claim other cpus=[2,2]             -> waits cpus 1
     end inner                          -> other waits cpus 1
     end outer                         -> other gets 0-1`
  );

  scenario(
    '[ADM10] are there for those inside, however many others have asked for all',
    `node 4 cores
     claim outer cpus=[2,2]             -> gets 0-1
     claim a cpus=4                    -> gets 0-3
     claim b cpus=4                    -> gets 0-3
     kernel inner inside=outer
     claim inner cpus=[2,2]             -> gets 2-3`
  );

  scenario(
    '[ADM10] [ADM9] are there also where a kernel has to give memory back first',
    `node 4 cores, 26 GiB
     claim keeper memory=20GiB hold=true -> gets all 20 GiB
     end keeper
     claim outer cpus=[2,2]             -> gets 0-1
     claim a cpus=4                     -> gets 0-3
     claim b cpus=4                     -> gets 0-3
     kernel inner inside=outer
     claim inner cpus=[2,2] memory=12GiB -> waits memory 1
     wait 31 s                          -> inner gets 2-3 12 GiB`
  );

  scenario(
    '[ADM9] are kept from cell to cell',
    `node 4 cores
     claim keeper cpus=[3,3] hold=true -> gets 0-2
     end keeper
     claim other cpus=[2,2]            -> waits cpus 1
     wait 31 s                         -> other gets 0-1`
  );
});

describe('CPUs that cells of one kernel insist on', () => {
  const least = (n: number) => ({ cpus: { kind: 'range', min: n, max: n } }) as const;
  let scene: Harness;

  beforeEach(() => {
    scene = new Harness();
    scene.holder('k');
    scene.holder('other');
  });

  /** What became of claims, without grants that merely changed. */
  const kinds = (effects: readonly Effect[]) =>
    effects.flatMap(it =>
      'claimId' in it && it.type !== 'regrant' ? [`${it.type} ${it.claimId}`] : []
    );

  it('[ADM10] count once where one is inside of the other, and as many as the larger asks', () => {
    scene.claim('outer', 'k', least(2));
    expect(kinds(scene.claim('inner', 'k', least(3), { outerId: 'outer' }))).toEqual([
      'grant inner'
    ]);
    expect(kinds(scene.claim('c', 'other', least(2)))).toEqual(['wait c']);
    expect(kinds(scene.end('inner'))).toEqual(['grant c']);
    expect(kinds(scene.claim('less', 'k', least(2), { outerId: 'outer' }))).toEqual(['grant less']);
  });

  it('[ADM10] add up where two are inside of one', () => {
    scene.claim('outer', 'k', least(2));
    scene.claim('a', 'k', least(2), { outerId: 'outer' });
    expect(kinds(scene.claim('b', 'k', least(2), { outerId: 'outer' }))).toEqual(['grant b']);
    expect(kinds(scene.claim('c', 'other', least(1)))).toEqual(['wait c']);
    expect(kinds(scene.end('a'))).toEqual(['grant c']);
  });

  it('[ADM10] wait for others where two inside of one ask for more than it has', () => {
    scene.claim('outer', 'k', least(2));
    scene.claim('a', 'k', least(2), { outerId: 'outer' });
    scene.claim('c', 'other', least(1));
    expect(kinds(scene.claim('b', 'k', least(2), { outerId: 'outer' }))).toEqual(['wait b']);
    expect(kinds(scene.end('c'))).toEqual(['grant b']);
  });

  it('[ADM10] add up where none is inside of the other', () => {
    scene.claim('a', 'k', least(2));
    expect(kinds(scene.claim('b', 'k', least(2)))).toEqual(['grant b']);
    expect(kinds(scene.claim('c', 'other', least(1)))).toEqual(['wait c']);
  });
});
