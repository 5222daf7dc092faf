import { readConfig } from './config';
import { configurationOf, narrowed, type Said } from './configSaid';

const SITE = `
groups: {atlas: {quota: 50%, notebooks: [atlas/**]}}
limits: {memory: 8 GiB, gpus: 1, priority: 5, hold: false}
caps: {memory: 64 GiB, kernels: 20}
userCaps: {cpus: 50%, cells: 4}
reserve: {cpus: 1, memory: 2 GiB}
hold: {idle: 10 min}
preemption: {grace: 10 s}
gpus: {fence: true}
cull: {idle: 2 h, notice: 10 min, busy: 2%, keep: 8 h}
metrics: {users: false}
policy: dynamic
defaults: {memory: 1 GiB, cpus: 2}
`;

function said(text: string, outer: Said | null = null): Said {
  const read = readConfig(text, outer);
  expect(read.problems).toEqual([]);
  return read.said!;
}

describe('[CFG5] a file that counts after another', () => {
  const site = said(SITE);
  const inForce = (text: string) => configurationOf(narrowed(site, said(text, site)).said);

  it('changes nothing where it says nothing', () => {
    expect(inForce('')).toEqual(configurationOf(site));
    expect(inForce('limits:\ngroups:\nhold: {idle: }')).toEqual(configurationOf(site));
  });

  it('narrows, field by field, and says what the other left open', () => {
    const both = inForce(`
limits: {memory: 4 GiB, exclusive: 0, priority: 0}
caps: {memory: 32 GiB, gpus: 2}
userCaps: {cpus: 25%}
reserve: {memory: 4 GiB}
hold: {idle: 1 min, safe: 5 s}
preemption: {victims: leastLostWork}
defaults: {memory: 2 GiB}
policy: dynamic
`);
    expect(both.sharing).toMatchObject({
      groups: [{ name: 'atlas' }],
      limits: { memoryBytes: 4 * 2 ** 30, gpus: 1, exclusiveCpus: 0, priority: 0, hold: false },
      caps: { memoryBytes: 32 * 2 ** 30, kernels: 20, gpus: 2 },
      userCaps: { cpus: { kind: 'fraction', of: 0.25 }, cells: 4 },
      holdIdleMs: 60_000,
      holdSafeMs: 5000,
      graceMs: 10_000,
      victims: 'leastLostWork'
    });
    expect(both).toMatchObject({
      memoryReserveBytes: 4 * 2 ** 30,
      reservedCpus: 1,
      fencesGpus: true,
      defaults: { memoryBytes: 2 * 2 ** 30, cpus: { kind: 'fixed' } }
    });
  });

  it.each([
    ['limits: {memory: 16 GiB}', '"limits.memory"', 'at most 8 GiB'],
    ['limits: {gpus: 2}', '"limits.gpus"', 'at most 1'],
    ['limits: {priority: 6}', '"limits.priority"', 'at most 5'],
    ['limits: {hold: true}', '"limits.hold"', 'at most false'],
    ['caps: {memory: 65 GiB}', '"caps.memory"', 'at most 64 GiB'],
    ['userCaps: {cells: 5}', '"userCaps.cells"', 'at most 4'],
    ['userCaps: {cpus: 60%}', '"userCaps.cpus"', 'at most 50%'],
    // Whether that is less depends on the node.
    ['userCaps: {cpus: 1}', '"userCaps.cpus"', 'at most 50%'],
    ['reserve: {cpus: 0}', '"reserve.cpus"', 'at least 1'],
    ['reserve: {memory: 1 GiB}', '"reserve.memory"', 'at least 2 GiB'],
    ['hold: {idle: 1 h}', '"hold.idle"', 'at most 10 min'],
    ['preemption: {grace: 1 s}', '"preemption.grace"', 'expected 10 s'],
    ['gpus: {fence: false}', '"gpus.fence"', 'at least true'],
    ['metrics: {users: true}', '"metrics.users"', 'at most false'],
    ['cull: {idle: 3 h}', '"cull.idle"', 'at most 2 h'],
    ['cull: {notice: 1 h}', '"cull.notice"', 'at most 10 min'],
    ['cull: {keep: 9 h}', '"cull.keep"', 'at most 8 h'],
    ['cull: {busy: 1%}', '"cull.busy"', 'at least 2 %'],
    ['cull: false', '"cull.idle"', 'at most 2 h'],
    ['policy: naive', '"policy"', 'expected dynamic'],
    ['groups: {mine: {notebooks: ["**"]}}', '"groups"', 'no groups'],
    ['administrators: [ann]', '"administrators"', 'only in the first file']
  ])('is refused %j at its line, and is never wider', (text, name, expected) => {
    const { problems } = readConfig(`# mine\n\n${text}\n`, site);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ line: 3 });
    expect(problems[0]!.sentence).toContain(name);
    expect(problems[0]!.sentence).toContain(expected);
    const wide = narrowed(site, said(text)).said;
    expect(configurationOf(wide)).toEqual(configurationOf(site));
  });

  it('[ADMIN1] names no administrators, nor removes those that the first file names', () => {
    const first = said('administrators: [ann]');
    const both = narrowed(first, said('administrators: [bob]')).said;
    expect(configurationOf(both).administrators).toEqual(['ann']);
    expect(
      configurationOf(narrowed({}, said('administrators: [bob]')).said).administrators
    ).toEqual([]);
    expect(configurationOf(narrowed(null, first).said).administrators).toEqual(['ann']);
  });

  it('finds the line of a section that a group is called like', () => {
    const text = 'groups:\n  limits: {limits: {gpus: 0}}\nlimits:\n  gpus: 2\n';
    const { problems } = readConfig(text, said('limits: {gpus: 1}'));
    expect(problems.map(it => it.line)).toEqual([4]);
  });

  it('[CULL1] culls earlier, never later, in its own groups too', () => {
    const outer = said('cull: {idle: 2 h}');
    const stricter = narrowed(outer, said('cull: {idle: 1 h, keep: false}', outer)).said;
    expect(configurationOf(stricter).sharing.cull).toEqual({ idleMs: 3_600_000, keepMs: 0 });
    const text = 'groups: {mine: {groups: {kept: {cull: false}, soon: {cull: {idle: 1 h}}}}}';
    const { problems } = readConfig(text, outer);
    expect(problems.map(it => it.sentence)).toEqual([
      '"cull.idle" would widen what a file before this one allows; expected at most 2 h in the group "kept"'
    ]);
    const [mine] = configurationOf(narrowed(outer, said(text)).said).sharing.groups;
    expect(mine!.groups.map(it => it.cull)).toEqual([{ idleMs: 7_200_000 }, { idleMs: 3_600_000 }]);
  });

  it('may divide into groups what nobody divided', () => {
    const outer = said('limits: {gpus: 1}');
    const both = narrowed(outer, said('groups: {mine: {quota: 2}}', outer)).said;
    expect(configurationOf(both).sharing).toMatchObject({
      groups: [{ name: 'mine' }],
      limits: { gpus: 1 }
    });
  });
});
