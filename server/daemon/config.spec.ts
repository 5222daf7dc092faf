import { EVEN_SHARING } from '../core/policy/groups';
import { readConfig } from './config';

describe('the configuration file', () => {
  it('[FAIR1] reads groups, quotas, weights and limits', () => {
    const { configuration, problems } = readConfig(`
groups:
  atlas:
    quota: 50%
    surplus: false
    users: {ann: 2, bob: 1}
    groups:
      prod: {quota: 4}
      analysis:
  phenix: {weight: 3, latency: 30 s, minRuntime: 5 min, maxRuntime: 8 h, users: [cyd]}
preemption: {victims: leastLostWork, grace: 5 s}
hold: {idle: 10 min, safe: 1 min}
reserve: {memory: 2 GiB}
`);
    expect(problems).toEqual([]);
    expect(configuration?.memoryReserveBytes).toBe(2 * 1024 ** 3);
    expect(configuration?.sharing).toMatchObject({
      victims: 'leastLostWork',
      graceMs: 5000,
      holdIdleMs: 600_000,
      holdSafeMs: 60_000
    });
    const [atlas, phenix] = configuration!.sharing.groups;
    expect(atlas).toMatchObject({
      quota: { kind: 'fraction', of: 0.5 },
      acceptSurplus: false,
      users: { ann: 2, bob: 1 },
      groups: [{ name: 'prod', quota: { kind: 'static', cpus: 4 } }, { name: 'analysis' }]
    });
    expect(phenix).toMatchObject({
      weight: 3,
      latencyMs: 30_000,
      minRuntimeMs: 300_000,
      maxRuntimeMs: 28_800_000,
      users: { cyd: 1 }
    });
  });

  it('an empty file is even sharing', () => {
    expect(readConfig('').configuration?.sharing).toEqual(EVEN_SHARING);
    expect(readConfig('# nothing\n').configuration?.sharing).toEqual(EVEN_SHARING);
  });

  it.each([
    ['groups:\n  a: {quota: lots}', 2, '"quota" is "lots"; expected a number of CPUs'],
    ['groups:\n  a: {}\n  a: {}', 3, 'unique'],
    ['groups:\n  a:\n    speed: 3', 3, '"speed" is not known in group "a"'],
    ['groups:\n  a: {}\n  b: {quota: 150%}', 3, 'up to 100 %'],
    ['groups:\n  a: {users: [x]}\n  b: {users: [x]}', 3, 'is in "a" already'],
    ['groups:\n  a: {surplus: false}', 2, 'needs a quota'],
    ['groups:\n  a: &a\n    groups: {b: *a}', 3, ''],
    ['preemption: {victims: nobody}', 1, 'one of mostOverQuota'],
    ['hold: 3', 1, 'hold must be'],
    ['groups: [a, b]', 1, 'groups must be'],
    ['- 1', 1, 'the file must be'],
    ['groups: {', 1, '']
  ])('[FAIR1] refuses %j at its line', (text, line, sentence) => {
    const { configuration, problems } = readConfig(text);
    expect(configuration).toBeNull();
    expect(problems[0]?.line).toBe(line);
    expect(problems[0]?.sentence).toContain(sentence);
  });

  it('tells every problem, not only the first', () => {
    const { problems } = readConfig('groups:\n  a: {quota: x}\n  b: {weight: y}\nspeed: 1');
    expect(problems.map(problem => problem.line)).toEqual([2, 3, 4]);
  });
});
