import { cpusOf, gpusOf, Harness, nodeOf } from '../../testing/harness';
import { sharingOf } from '../../testing/scenario';
import { UNLIMITED } from './bounds';
import type { Group, Sharing } from './groups';
import { plainGroup } from './groups';
import { snapshot } from '../view';

const GIB = 1024 ** 3;

const group = (name: string, its: Partial<Group> = {}): Group => ({ ...plainGroup(name), ...its });

const PROJECTS = sharingOf([
  {
    name: 'atlas',
    notebooks: ['atlas/**'],
    groups: [group('prod', { notebooks: ['atlas/prod/*'] })]
  },
  { name: 'phenix', notebooks: ['phenix/**', 'atlas/**'], users: { bob: 1 } }
]);

/** A kernel of a notebook. */
function open(it: Harness, id: string, notebook: string | null, owner = 'ann', ticks = 1): void {
  const process = { id, kind: 'kernel', pid: 1000, startTicks: ticks, name: id } as const;
  const holder = { ...process, owner, group: [], gated: true };
  it.send({ type: 'holderArrived', holder: { ...holder, notebook } });
}

function groupsOf(it: Harness): Record<string, string> {
  const { holders } = snapshot(it.state, it.clock.nowMs, '');
  return Object.fromEntries(holders.map(kernel => [kernel.id, kernel.group]));
}

describe('the group of a kernel', () => {
  it('[CFG3] is the first whose pattern fits its notebook, then its owner’s', () => {
    const it = new Harness();
    it.send({ type: 'configured', sharing: PROJECTS });
    open(it, 'narrow', '/users/ann/atlas/prod/a.ipynb');
    open(it, 'first', '/users/ann/atlas/a.ipynb', 'bob');
    open(it, 'second', '/users/ann/phenix/a.ipynb');
    open(it, 'owner', '/users/bob/a.ipynb', 'bob');
    open(it, 'script', null, 'bob');
    open(it, 'none', '/users/ann/a.ipynb');
    expect(groupsOf(it)).toEqual({
      narrow: 'atlas/prod',
      first: 'atlas',
      second: 'phenix',
      owner: 'phenix',
      script: 'phenix',
      none: 'all'
    });
  });

  it('[CFG3] is the one for a group of its owner, behind the one for the owner', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 8 }) }));
    const sharing = sharingOf([
      { name: 'atlas', users: { '@physics': 3, ann: 1 } },
      { name: 'phenix', users: { bob: 1 } }
    ]);
    it.send({ type: 'configured', sharing });
    const arrive = (id: string, owner: string, ...ownerGroups: string[]) => {
      const process = { id, kind: 'kernel', pid: 1000, startTicks: 1, name: id } as const;
      const holder = { ...process, owner, ownerGroups, group: [], gated: true };
      it.send({ type: 'holderArrived', holder });
    };
    arrive('a', 'ann');
    arrive('b', 'bob', 'physics');
    arrive('c', 'cyd', 'staff', 'physics');
    arrive('d', 'dan', 'staff');
    // Nobody is in a group by being called like it.
    arrive('e', 'physics');
    expect(groupsOf(it)).toEqual({ a: 'atlas', b: 'phenix', c: 'atlas', d: 'all', e: 'all' });
    it.claim('1', 'a');
    it.claim('2', 'c');
    const weights = ['a', 'c'].map(id => it.confinement(id).weight);
    expect(weights[1]! / weights[0]!).toBeCloseTo(3, 0);
  });

  it('[HUB1] is the one for a group that the Hub states, in the order of the file', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 8 }) }));
    const inner = group('inner', { users: { 'hub:beam': 1 } });
    const sharing = sharingOf([
      { name: 'atlas', users: { 'hub:physics': 3, ann: 1, 'hub:beam line': 1 }, groups: [inner] },
      { name: 'phenix', users: { 'hub:teaching': 1, '@staff': 1 } }
    ]);
    it.send({ type: 'configured', sharing });
    const state = (id: string, owner: string, ...hubGroups: string[]) => {
      const process = { id, kind: 'kernel', pid: 1000, startTicks: 1, name: id } as const;
      const groups = { group: [], ownerGroups: ['staff'], hubGroups };
      it.send({ type: 'holderArrived', holder: { ...process, owner, ...groups, gated: true } });
    };
    state('a', 'ann', 'teaching');
    state('b', 'bob', 'teaching', 'physics');
    state('c', 'cyd', 'physics', 'beam');
    state('d', 'dan', 'elsewhere');
    state('e', 'eve', 'beam line');
    const found = { a: 'atlas', b: 'atlas', c: 'atlas/inner', d: 'phenix', e: 'atlas' };
    expect(groupsOf(it)).toEqual(found);
    it.claim('1', 'a');
    it.claim('2', 'b');
    const weights = ['a', 'b'].map(id => it.confinement(id).weight);
    expect(weights[1]! / weights[0]!).toBeCloseTo(3, 0);
    const { cpus } = it.confinement('b');
    state('b', 'bob');
    expect([groupsOf(it)['b'], it.confinement('b').cpus]).toEqual(['phenix', cpus]);
  });

  it('[CFG3] follows when the notebook of a living kernel becomes known', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 4 }) }));
    it.send({ type: 'configured', sharing: PROJECTS });
    open(it, 'k', null);
    it.claim('1', 'k', { cpus: { kind: 'fixed', n: 2 } });
    const writes = it.writes;
    open(it, 'k', '/users/ann/atlas/a.ipynb');
    expect(groupsOf(it)).toEqual({ k: 'atlas' });
    expect([it.confinement('k').cpus, it.writes]).toEqual([[0, 1], writes]);
  });

  it('[CFG1] [CFG3] changes at a reload, and what runs and waits stays as it is', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 4 }), gpus: gpusOf(1) }));
    open(it, 'a', '/x/atlas/a.ipynb');
    open(it, 'b', '/x/phenix/b.ipynb');
    open(it, 'c', '/x/c.ipynb');
    it.claim('runs', 'a', { gpus: 1, cpus: { kind: 'fixed', n: 1 }, memoryBytes: GIB });
    it.claim('first', 'b', { gpus: 1 });
    it.claim('second', 'c', { gpus: 1 });
    const before = it.confinement('a');
    expect(it.send({ type: 'configured', sharing: PROJECTS })).toEqual([]);
    expect(groupsOf(it)).toEqual({ a: 'atlas', b: 'phenix', c: 'all' });
    expect(it.confinement('a')).toEqual(before);
    const { claims } = snapshot(it.state, it.clock.nowMs, '');
    expect(claims.map(claim => [claim.id, claim.state])).toEqual([
      ['first', 'waiting'],
      ['second', 'waiting'],
      ['runs', 'running']
    ]);
    expect(it.end('runs').map(effect => effect.type)).toContain('grant');
  });

  it('[CFG1] ends no cell that has run for longer than cells may by now', () => {
    const it = new Harness();
    const reload = (maxRuntimeMs: number | null) =>
      it.send({ type: 'configured', sharing: sharingOf([{ name: 'a', maxRuntimeMs }]) });
    reload(null);
    it.holder('k', 'ann', ['a']);
    it.claim('1', 'k');
    it.clock.advance(7_200_000);
    reload(3_600_000);
    expect(it.wait(1000)).toEqual([]);
    it.claim('2', 'k');
    reload(5_400_000);
    expect(it.wait(4_000_000)).toEqual([]);
    expect(it.wait(1_400_001)).toMatchObject([{ type: 'interrupt', claimId: '2' }]);
  });

  it('[FAIR1] [FAIR2] is shown with what it is owed, what it uses, and whether it takes surplus', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 8 }) }));
    const quota = { kind: 'static', cpus: 2 } as const;
    const prod = group('prod', { notebooks: ['prod/*'], acceptSurplus: false, quota });
    it.send({
      type: 'configured',
      sharing: sharingOf([{ name: 'atlas', quota, groups: [prod] }, { name: 'empty' }])
    });
    open(it, 'nowhere', 'x.ipynb');
    const shown = () => snapshot(it.state, it.clock.nowMs, '').groups;
    expect(shown()).toEqual([]);
    open(it, 'a', 'prod/a.ipynb');
    it.claim('1', 'a');
    it.measure('a', { cpusBusy: 3 });
    expect(shown()).toEqual([
      { path: 'atlas', owedCpus: 2, hasQuota: true, usedCpus: 3, takesSurplus: true },
      { path: 'atlas/prod', owedCpus: 2, hasQuota: true, usedCpus: 3, takesSurplus: false }
    ]);
    it.claim('2', 'a', { memoryBytes: 45 * GIB });
    expect(shown()[0]!.usedCpus).toBeCloseTo((45 / 60) * 8);
  });

  it('[FAIR3] has its own memory of what one user used in it', () => {
    const it = new Harness(nodeOf({ cpus: cpusOf({ cores: 4 }) }));
    it.send({ type: 'configured', sharing: PROJECTS });
    open(it, 'a', '/x/atlas/a.ipynb');
    open(it, 'p', '/x/phenix/p.ipynb');
    it.claim('1', 'a');
    it.measure('a', { cpusBusy: 4 });
    it.wait(600_000);
    it.end('1');
    const useOf = (id: string) => it.state.holders.get(id)!.user.use.use;
    const used = useOf('a');
    expect([used > 0, useOf('p')]).toEqual([true, 0]);
    it.send({ type: 'configured', sharing: PROJECTS });
    expect([useOf('a'), useOf('p')]).toEqual([used, 0]);
  });
});

describe('limits', () => {
  const limits = (its: Partial<Group['limits']>) => ({ ...UNLIMITED, ...its });
  const sharing: Sharing = sharingOf(
    [
      {
        name: 'a',
        limits: limits({ memoryBytes: 8 * GIB }),
        groups: [group('b', { limits: limits({ gpus: 0, priority: 3, hold: false }) })]
      }
    ],
    { limits: limits({ exclusiveCpus: 1 }) }
  );

  it.each([
    [[], { memoryBytes: 9 * GIB }, null],
    [['a'], { memoryBytes: 8 * GIB }, null],
    [['a'], { memoryBytes: 9 * GIB }, { path: 'memory', limit: '8 GiB', group: 'a' }],
    [['a', 'b'], { memoryBytes: 9 * GIB }, { path: 'memory', limit: '8 GiB', group: 'a' }],
    [['a', 'b'], { gpus: 1 }, { path: 'gpus', asked: 1, limit: 0, group: 'a/b' }],
    [['a', 'b'], { priority: 3 }, null],
    [['a', 'b'], { priority: 4 }, { path: 'priority', asked: 4, limit: 3, group: 'a/b' }],
    [[], { exclusive: true }, null],
    [['a'], { exclusive: true, cpus: { kind: 'fixed', n: 2 } }, { path: 'exclusive', group: 'all' }]
  ] as const)('[CFG4] of the groups that hold a kernel count: %j %j', (path, ask, refused) => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    it.send({ type: 'configured', sharing });
    it.holder('k', 'ann', path);
    const [effect] = it.claim('1', 'k', ask).filter(({ type }) => type !== 'confine');
    expect(effect).toMatchObject(
      refused
        ? { type: 'refuse', refusal: { code: 'ABOVE_LIMIT', details: refused } }
        : { type: 'grant' }
    );
  });

  it('[CFG4] forbid to keep a grant where they say so', () => {
    const it = new Harness();
    it.send({ type: 'configured', sharing });
    it.holder('k', 'ann', ['a', 'b']);
    const details = { path: 'hold', asked: 'true', group: 'a/b' };
    expect(it.claim('1', 'k', { memoryBytes: GIB, hold: true })).toMatchObject([
      { type: 'refuse', refusal: { code: 'NOT_ALLOWED', details } }
    ]);
    expect(it.claim('2', 'k', { memoryBytes: GIB }).map(effect => effect.type)).toContain('grant');
  });

  it('[CFG4] do not touch what was accepted before them', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    ['k1', 'k2'].forEach(id => it.holder(id, 'ann', ['a', 'b']));
    it.claim('1', 'k1', { gpus: 1 });
    it.claim('2', 'k2', { gpus: 1 });
    expect(it.send({ type: 'configured', sharing })).toEqual([]);
    expect(it.end('1').map(effect => effect.type)).toContain('grant');
    expect(it.claim('3', 'k1', { gpus: 1 })).toMatchObject([{ type: 'refuse' }]);
  });
});

describe('the memory reserve', () => {
  it('[CFG1] counts from the reload on, and the found one again without it', () => {
    const it = new Harness(); // 64 GiB, 4 of them kept back
    ['k1', 'k2', 'k3'].forEach(id => it.holder(id));
    it.claim('1', 'k1', { memoryBytes: 20 * GIB });
    const reload = (memoryReserveBytes: number | null) =>
      it.send({ type: 'configured', sharing: sharingOf([]), memoryReserveBytes });
    reload(30 * GIB);
    expect(it.claim('2', 'k2', { memoryBytes: 20 * GIB })).toMatchObject([{ type: 'wait' }]);
    expect(it.claim('3', 'k3', { memoryBytes: 40 * GIB })).toMatchObject([
      { type: 'refuse', refusal: { code: 'IMPOSSIBLE' } }
    ]);
    it.send({ type: 'nodeFound', node: nodeOf() });
    expect(snapshot(it.state, 0, '').node.memoryReserveBytes).toBe(30 * GIB);
    expect(reload(null).map(effect => effect.type)).toContain('grant');
    expect(snapshot(it.state, 0, '').node.memoryReserveBytes).toBe(4 * GIB);
  });

  it('[CFG1] refuses what waits only where it has become impossible', () => {
    const it = new Harness();
    ['k1', 'k2'].forEach(id => it.holder(id));
    it.claim('1', 'k1', { memoryBytes: 50 * GIB });
    it.claim('2', 'k2', { memoryBytes: 50 * GIB });
    const effects = it.send({
      type: 'configured',
      sharing: sharingOf([]),
      memoryReserveBytes: 30 * GIB
    });
    expect(effects).toMatchObject([{ type: 'refuse', claimId: '2' }]);
    expect(it.state.claims.get('1')!.phase.state).toBe('running');
  });
});
