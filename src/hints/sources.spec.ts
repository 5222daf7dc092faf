import { formOf } from './form';
import { HintSheet } from './sheet';
import { ownProblems, readSources } from './sources';

const nothing = { cell: undefined, tags: [], code: '', notebook: undefined, settings: undefined };

describe('sources', () => {
  it('[ADM2] lets the cell win, then its tags, its first lines, the notebook, the settings', () => {
    const { ask, own } = readSources({
      cell: { cpus: 1 },
      tags: ['cpus=2', 'memory=2 GiB'],
      code: '#| memory: 3 GiB, priority: 3\nx = 1',
      notebook: { priority: 4, maxWait: '4 min' },
      settings: { maxWait: '5 min', gpus: 5 }
    });
    expect(own).toBe(true);
    expect(ask).toMatchObject({
      cpus: { kind: 'fixed', n: 1 },
      memoryBytes: 2 * 1024 ** 3,
      priority: 3,
      maxWaitMs: 240_000,
      gpus: 5
    });
  });

  it('does not call a default the cell its own', () => {
    expect(readSources({ ...nothing, settings: { cpus: 2 } }).own).toBe(false);
    expect(readSources({ ...nothing, tags: ['parameters'] }).own).toBe(false);
  });

  it('[ADM4] finds what is malformed in the cell, its tags and its first lines', () => {
    const sourced = readSources({ ...nothing, cell: { gpus: 1.5 }, tags: ['memory=lots'] });
    expect(ownProblems(sourced).map(problem => problem.path)).toEqual(['gpus', 'memory']);
  });

  it('[ADM13] shows a cell whose hint is mistyped as one that says something', () => {
    const sourced = readSources({ ...nothing, tags: ['gpu=1'], code: '%%time\n# | memroy: 1GB' });
    expect(sourced.doubts.map(doubt => doubt.meant)).toEqual(['gpus', 'memory']);
    expect(sourced.own).toBe(true);
    expect(ownProblems(sourced)).toEqual([]);
  });

  it('says where an empty field takes its value from', () => {
    const metadata = new Map<string, unknown>();
    const sheet = new HintSheet({
      getMetadata: key => metadata.get(key),
      setMetadata: (key, value) => void metadata.set(key, value),
      deleteMetadata: key => void metadata.delete(key)
    });
    const sourced = readSources({ ...nothing, tags: ['memory=2 GiB'], settings: { cpus: [2, 8] } });
    const { fields } = formOf(sheet, sourced, 'cell');
    const inherited = Object.fromEntries(fields.map(field => [field.name, field.inherited]));
    expect(inherited['memory']).toEqual({ source: 'tag', text: '2 GiB' });
    expect(inherited['cpus']).toEqual({ source: 'settings', text: '2-8' });
    expect(inherited['gpus']).toBeNull();
    expect(formOf(sheet, sourced, 'notebook').fields[1]!.inherited).toBeNull();
  });
});
