import { NOTHING_ASKED } from '../../server/protocol/ask';
import { limitsOf } from './limits';
import { type RawSources, readSources } from './sources';

const nothing = { cell: undefined, tags: [], code: '', notebook: undefined, settings: undefined };

function limits(raw: Partial<RawSources>, ran?: object): string[] {
  const asked = ran && { ...NOTHING_ASKED, ...ran };
  return limitsOf(readSources({ ...nothing, ...raw }), asked).map(
    ({ source, hints }) => `${source} ${JSON.stringify(hints)}`
  );
}

describe('limits', () => {
  const node = { memoryBytes: 4, cpus: { kind: 'fixed', n: 2 } } as const;

  it('[UI1] come from the nearest default that states a field, where the cell is silent', () => {
    expect(limits({ node })).toEqual(['node {"cpus":{"kind":"fixed","n":2},"memoryBytes":4}']);
    expect(limits({ node, cell: { memory: '1 GiB' } })).toEqual([
      'node {"cpus":{"kind":"fixed","n":2}}'
    ]);
    expect(limits({ node, notebook: { cpus: 1 }, settings: { cpus: 3, gpus: 1 } })).toEqual([
      'notebook {"cpus":{"kind":"fixed","n":1}}',
      'settings {"gpus":1}',
      'node {"memoryBytes":4}'
    ]);
  });

  it('are none where a default holds a cell to nothing, or lifts what another would', () => {
    expect(limits({ settings: { priority: 5, time: '1 min', hold: true } })).toEqual([]);
    expect(limits({ notebook: { cpus: 'auto' }, node: { cpus: node.cpus } })).toEqual([]);
  });

  it('of a run are those by which it was asked', () => {
    expect(limits({ node }, { memoryBytes: 4 })).toEqual(['node {"memoryBytes":4}']);
    expect(limits({ node }, {})).toEqual([]);
  });
});
