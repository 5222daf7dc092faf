import { ANN, Harness, nodeOf } from '../testing/harness';
import { sharingOf } from '../testing/scenario';
import type { Effect } from './effects';
import { groupPathOf } from './viewGroups';

const GROUPS = [{ name: 'a', users: { ann: 1 } }, { name: 'b' }];

const assignedIn = (effects: readonly Effect[]): readonly unknown[] =>
  effects.filter(it => it.type === 'assign');

describe('a holder that an administrator puts into a group', () => {
  let node: Harness;

  const assign = (group: readonly string[] | null, holderId = 'k1') =>
    node.send({ type: 'groupAssigned', holderId, group, by: ANN });
  const groupOf = (holderId = 'k1') => groupPathOf(node.state.holders.get(holderId)!);
  const configure = (groups: typeof GROUPS) =>
    node.send({ type: 'configured', sharing: sharingOf(groups) });

  beforeEach(() => {
    node = new Harness(nodeOf());
    configure(GROUPS);
    node.holder('k1', 'ann');
    node.holder('k2', 'ann');
  });

  it('[ADMIN5] is in it from now on, alone, until it is put back; its grants stay', () => {
    node.claim('c', 'k1', { memoryBytes: 8 * 1024 ** 3 });
    const { grant } = [...node.state.running][0]!.phase;
    expect(assignedIn(assign(['b']))).toEqual([{ type: 'assign', holderId: 'k1', group: ['b'] }]);
    expect([groupOf(), groupOf('k2')]).toEqual(['b', 'a']);
    expect([...node.state.running][0]!.phase.grant).toEqual(grant);
    node.holder('k1', 'ann');
    expect(groupOf()).toBe('b');
    expect(assignedIn(assign(null))).toEqual([{ type: 'assign', holderId: 'k1', group: null }]);
    expect(groupOf()).toBe('a');
  });

  it('[ADMIN5] may be put into none', () => {
    assign([]);
    expect(groupOf()).toBe('all');
  });

  it('[ADMIN5] is back where the configuration has it once its group is gone, also when it returns', () => {
    assign(['b']);
    expect(assignedIn(configure([...GROUPS, { name: 'c' }] as typeof GROUPS))).toEqual([]);
    expect(groupOf()).toBe('b');
    const effects = configure(GROUPS.slice(0, 1));
    expect(assignedIn(effects)).toEqual([{ type: 'assign', holderId: 'k1', group: null }]);
    expect(groupOf()).toBe('a');
    configure(GROUPS);
    expect(groupOf()).toBe('a');
  });

  it('[ADMIN5] stays where it is for a group, or a holder, that there is not', () => {
    expect(assignedIn(assign(['none']))).toEqual([]);
    expect(assignedIn(assign(['b', 'none']))).toEqual([]);
    expect(assignedIn(assign(['b'], 'nobody'))).toEqual([]);
    expect(groupOf()).toBe('a');
  });
});
