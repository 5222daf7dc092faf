import { Harness, nodeOf, cpusOf } from '../../testing/harness';
import { scenario, sharingOf } from '../../testing/scenario';
import { EVEN_SHARING, plainGroup, sharingProblems, type Group } from './groups';
import { snapshot } from '../view';

const half = { kind: 'fraction', of: 0.5 } as const;

describe('groups', () => {
  scenario(
    '[FAIR1] quotas split the node, fractions and CPUs',
    `
    node   8 cores
    kernel k1 group=a
    kernel k2 group=b
    kernel k3 group=b
    claim  k1   -> gets all
    claim  k2   -> gets all with 3 threads
    claim  k3   -> gets all with 2 threads
    share  k1   -> 6
    share  k2   -> 1
    held   k1   -> all weight 600
    `,
    sharingOf([
      { name: 'a', quota: { kind: 'static', cpus: 6 } },
      { name: 'b', quota: { kind: 'fraction', of: 0.25 } }
    ])
  );

  scenario(
    '[FAIR2] what a group leaves goes to those that accept surplus',
    `
    node   8 cores
    kernel k1 group=a
    claim  k1   -> gets all
    share  k1   -> 8
    `,
    sharingOf([
      { name: 'a', quota: half },
      { name: 'b', quota: half }
    ])
  );

  scenario(
    '[FAIR2] a group that takes no surplus is capped at its quota',
    `
    node   8 cores
    kernel k1 group=a
    claim  k1   -> gets all
    share  k1   -> 4
    `,
    sharingOf([
      { name: 'a', quota: half, acceptSurplus: false },
      { name: 'b', quota: half }
    ])
  );

  scenario(
    '[FAIR3] a user who is called as what every object has shares like anybody',
    `
    node   8 cores
    kernel k1 owner=constructor
    kernel k2 owner=ann
    claim  k1   -> gets all
    claim  k2   -> gets all
    wait   1 s
    share  k1   -> 4
    `
  );

  scenario(
    '[FAIR3] inside a group users share alike however many cells each runs',
    `
    node   8 cores
    kernel k1 owner=ann
    kernel k2 owner=bob
    kernel k3 owner=bob
    claim  k1   -> gets all
    claim  k2   -> gets all
    claim  k3   -> gets all with 3 threads
    share  k1   -> 4
    share  k2   -> 2
    `
  );

  scenario(
    '[FAIR4] a returning group has its CPUs at the next decision',
    `
    node   8 cores
    kernel k1 group=a
    kernel k2 group=b
    claim  k1   -> gets all
    share  k1   -> 8
    claim  k2   -> gets all
    share  k1   -> 4
    share  k2   -> 4
    `,
    sharingOf([
      { name: 'a', quota: half },
      { name: 'b', quota: half }
    ])
  );

  it('[FAIR1] quotas that exceed their parent are scaled down, and a notice says so', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 2 }) }));
    const quota = { kind: 'static', cpus: 2 } as const;
    it.send({
      type: 'configured',
      sharing: sharingOf([
        { name: 'a', quota },
        { name: 'b', quota }
      ])
    });
    it.holder('k1', 'ann', ['a']);
    it.holder('k2', 'bob', ['b']);
    expect(snapshot(it.state, 0, '').node.notices).toEqual([
      'The quotas in "all" add up to more than it has; each is scaled to 50 %.'
    ]);
    const [a, b] = ['a', 'b'].map(name => it.state.shares.root.children.get(name)!.owedCpus);
    expect([a, b]).toEqual([1, 1]);
  });

  it('[FAIR3] recent use is remembered by half-lives, and moves shares', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 4 }) }));
    it.holder('k1', 'ann');
    it.holder('k2', 'bob');
    it.claim('1', 'k1');
    it.measure('k1', { cpusBusy: 4, cpuSeconds: 1 });
    it.wait(3_600_000);
    it.claim('2', 'k2');
    it.wait(1000);
    const shares = it.state.shares;
    const users = [...shares.root.children.get('')!.children.values()];
    expect(users.map(user => [user.name, user.weight])).toEqual([
      ['ann', 2 ** -0.5],
      ['bob', 2 ** 0.5]
    ]);
  });
});

describe('a configuration', () => {
  const cyclic = { ...plainGroup('c'), groups: [] as Group[] };
  cyclic.groups.push(cyclic);

  it.each([
    ['a cycle', [cyclic], 'contains itself'],
    ['a name twice', [plainGroup('a'), plainGroup('a')], 'stands here twice'],
    ['a quota above all', [{ ...plainGroup('a'), quota: { kind: 'fraction', of: 1.5 } }], '150 %'],
    ['a weight of none', [{ ...plainGroup('a'), weight: 0 }], 'weight'],
    ['no surplus, no quota', [{ ...plainGroup('a'), acceptSurplus: false }], 'needs a quota'],
    [
      'a user twice',
      [
        { ...plainGroup('a'), users: { ann: 1 } },
        { ...plainGroup('b'), users: { ann: 1 } }
      ],
      'is in "a" already'
    ]
  ] as [string, Group[], string][])(
    '[FAIR1] with %s is refused and changes nothing',
    (_, groups, text) => {
      const bad = { ...EVEN_SHARING, groups };
      expect(
        sharingProblems(bad)
          .map(problem => problem.sentence)
          .join()
      ).toContain(text);
      const it = new Harness();
      const before = it.state.shares;
      it.send({ type: 'configured', sharing: bad });
      expect(it.state.shares).toBe(before);
    }
  );

  it('[FAIR1] reloads without losing a grant or what was used', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 4 }) }));
    it.holder('k1', 'ann');
    it.claim('1', 'k1', { cpus: { kind: 'fixed', n: 2 } });
    it.measure('k1', { cpusBusy: 2 });
    it.wait(60_000);
    const used = it.state.holders.get('k1')!.user.use;
    const before = used.use + used.rate;
    it.send({ type: 'configured', sharing: sharingOf([{ name: 'a', users: { ann: 1 } }]) });
    const user = it.state.holders.get('k1')!.user;
    expect(user.parent?.parent?.name).toBe('a');
    expect(user.use.use + user.use.rate).toBeGreaterThanOrEqual(before);
    expect(it.confinement('k1').cpus).toEqual([0, 1]);
    expect(it.end('1')).toMatchObject([{ type: 'confine', confinement: { cpus: null } }]);
  });
});
