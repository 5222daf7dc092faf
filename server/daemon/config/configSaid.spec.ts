import { readConfig } from './config';
import { configurationOf, narrowed, type Said } from './configSaid';

const SITE = `
groups: {atlas: {quota: 50%, notebooks: [atlas/**]}}
limits: {memory: 8 GiB, gpus: 1}
reserve: {cpus: 1, memory: 2 GiB}
hold: {idle: 10 min}
preemption: {grace: 10 s}
gpus: {fence: true}
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
limits: {memory: 4 GiB, exclusive: 0}
reserve: {memory: 4 GiB}
hold: {idle: 1 min, safe: 5 s}
preemption: {victims: leastLostWork}
defaults: {memory: 2 GiB}
policy: dynamic
`);
    expect(both.sharing).toMatchObject({
      groups: [{ name: 'atlas' }],
      limits: { memoryBytes: 4 * 2 ** 30, gpus: 1, exclusiveCpus: 0 },
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
    ['reserve: {cpus: 0}', '"reserve.cpus"', 'at least 1'],
    ['reserve: {memory: 1 GiB}', '"reserve.memory"', 'at least 2 GiB'],
    ['hold: {idle: 1 h}', '"hold.idle"', 'at most 10 min'],
    ['preemption: {grace: 1 s}', '"preemption.grace"', 'expected 10 s'],
    ['gpus: {fence: false}', '"gpus.fence"', 'at least true'],
    ['metrics: {users: true}', '"metrics.users"', 'at most false'],
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

  it('may divide into groups what nobody divided', () => {
    const outer = said('limits: {gpus: 1}');
    const both = narrowed(outer, said('groups: {mine: {quota: 2}}', outer)).said;
    expect(configurationOf(both).sharing).toMatchObject({
      groups: [{ name: 'mine' }],
      limits: { gpus: 1 }
    });
  });
});
