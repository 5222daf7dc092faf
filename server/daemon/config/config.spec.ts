import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';

import { EVEN_SHARING } from '../../core/policy/groups';
import { readConfig } from './config';
import { configurationOf } from './configSaid';
import * as fields from './configFields';

describe('the configuration file', () => {
  it('[FAIR1] [CFG4] reads groups, quotas, weights and limits', () => {
    const { said, problems } = readConfig(`
groups:
  atlas:
    quota: 50%
    surplus: false
    users: {ann: 2, bob: 1}
    groups:
      prod: {quota: 4}
      analysis:
  phenix: {weight: 3, latency: 30 s, minRuntime: 5 min, maxRuntime: 8 h, users: [cyd],
    notebooks: ['phenix/**', '/srv/*.ipynb'], limits: {gpus: 1}}
preemption: {victims: leastLostWork, grace: 5 s}
hold: {idle: 10 min, safe: 1 min}
reserve: {memory: 2 GiB, cpus: 1}
gpus: {fence: true}
limits: {memory: 64 GiB, gpus: 2, exclusive: 0}
policy: partitioned
defaults: {memory: 1 GiB, cpus: [1, 4]}
`);
    expect(problems).toEqual([]);
    const configuration = configurationOf(said!);
    expect(configuration).toMatchObject({
      memoryReserveBytes: 2 * 2 ** 30,
      reservedCpus: 1,
      fencesGpus: true,
      policy: 'partitioned',
      defaults: { memoryBytes: 2 ** 30, cpus: { kind: 'range', min: 1, max: 4 } }
    });
    expect(configuration.sharing.limits).toEqual({
      memoryBytes: 64 * 2 ** 30,
      gpus: 2,
      exclusiveCpus: 0
    });
    expect(configuration.sharing).toMatchObject({
      victims: 'leastLostWork',
      graceMs: 5000,
      holdIdleMs: 600_000,
      holdSafeMs: 60_000
    });
    const [atlas, phenix] = configuration.sharing.groups;
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
      users: { cyd: 1 },
      notebooks: ['phenix/**', '/srv/*.ipynb'],
      limits: { memoryBytes: null, gpus: 1, exclusiveCpus: null }
    });
  });

  it('[CFG2] reads the example of README.md, which has every field', () => {
    const readme = readFileSync(join(__dirname, '../../../README.md'), 'utf8');
    const example = /```yaml\n([^]*?)```/.exec(readme)![1]!;
    expect(readConfig(example).problems).toEqual([]);
    const { PREEMPTION, HOLD, RESERVE, GPUS, LIMITS, GROUP_VALUES, TOP_VALUES } = fields;
    const tables = [PREEMPTION, HOLD, RESERVE, GPUS, LIMITS, GROUP_VALUES, TOP_VALUES];
    const names = tables.flatMap(it => Object.keys(it));
    for (const name of [...names, 'groups', 'users', 'limits', 'defaults']) {
      expect(example).toMatch(new RegExp(`\\b${name}:`));
    }
  });

  it.each(['', '# nothing\n', 'groups:\n', 'groups:\nlimits:\nhold: {idle: }\n'])(
    'what %j leaves out is even sharing',
    text => {
      expect(configurationOf(readConfig(text).said!).sharing).toEqual(EVEN_SHARING);
    }
  );

  it.each([
    ['groups:\n  a: {quota: lots}', 2, '"quota" is "lots"; expected a number of CPUs'],
    ['groups:\n  a: {}\n  a: {}', 3, 'stands here twice'],
    ['groups:\n  a: {users: {x: 1, x: 2}}', 2, 'stands here twice'],
    ['groups:\n  a:\n    speed: 3', 3, '"speed" is not known in group "a"; expected weight'],
    ['groups:\n  a: {}\n  b:\n    weight: 2\n    quota: 150%', 5, 'up to 100 %'],
    ['groups:\n  a: {users: [x]}\n  b:\n    users: [x]', 4, 'is in "a" already'],
    ['groups:\n  a: {surplus: false}', 2, 'needs a quota'],
    ['groups:\n  a: {weight: 0}', 2, 'a weight is above 0'],
    ['groups:\n  a: &a\n    groups: {b: *a}', 3, '"*a" stands for something else'],
    ['groups: &all\n  a:\n    groups: *all', 3, '"*all" stands for something else'],
    [`groups: ${'{a: {groups: '.repeat(9)}${'}}'.repeat(9)}`, 1, 'nested 8 deep'],
    ['groups: {a/b: {}}', 1, '"a/b" cannot be the name of a group'],
    ['groups: {all: {}}', 1, 'cannot be the name of a group'],
    ['groups: {"": {}}', 1, 'cannot be the name of a group'],
    ['groups: {a: {notebooks: ["[ab].ipynb"]}}', 1, 'expected patterns of paths'],
    ['groups: {a: {users: [1]}}', 1, 'expected names'],
    ['limits:\n  memory: much', 2, 'an amount such as'],
    ['limits:\n  gpus: -1', 2, 'a whole number from 0'],
    ['reserve:\n  cpus: 1.5', 2, 'a whole number from 0'],
    ['defaults:\n  memory: 1 GiB\n  cpus: 0', 3, '"cpus" is 0; expected a whole number'],
    ['defaults:\n  speed: 1', 2, '"speed" is not a hint; expected one of cpus'],
    ['policy: best', 1, 'one of dynamic, partitioned, naive'],
    ['preemption: {victims: nobody}', 1, 'one of mostOverQuota'],
    ['hold: 3', 1, 'hold must be'],
    ['groups: [a, b]', 1, 'groups must be'],
    ['- 1', 1, 'the file must be'],
    ['a: 1\n---\nb: 1', 2, 'multiple documents'],
    ['groups:\n\ta: 1', 2, ''],
    ['groups: {', 1, '']
  ])('[CFG2] refuses %j at its line', (text, line, sentence) => {
    const { said, problems } = readConfig(text);
    expect(said).toBeNull();
    expect(problems.map(problem => problem.line)).toContain(line);
    expect(problems.map(problem => problem.sentence).join('\n')).toContain(sentence);
  });

  it('[CFG2] reads whatever comes, or says what is wrong with it', () => {
    const words = fc.constantFrom(
      ...['groups', 'users', 'notebooks', 'quota', 'limits', 'defaults', 'reserve', 'memory', 'a'],
      ...['&x ', '*x', '<<', ': ', ':\n', '\n', '\n  ', '\n    ', '- ', '[', ']', '{', '}', ', '],
      ...[
        '"',
        "'",
        '1',
        '50%',
        'null',
        '? ',
        '!!binary ',
        '!!set ',
        '|\n',
        '---\n',
        '\t',
        '__proto__'
      ]
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 25 }), parts => {
        const { said, problems } = readConfig(parts.join(''));
        expect(said === null).toBe(problems.length > 0);
        expect(problems.every(it => it.line >= 1 && it.sentence !== '')).toBe(true);
      }),
      { numRuns: 2000 }
    );
  });

  it('[CFG2] is not hurt by a file that is deep, or grows without end', () => {
    const bomb = [...'bcdefghij'].map((name, index) => {
      const before = 'abcdefghij'[index]!;
      return `${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`;
    });
    const texts = ['['.repeat(20_000), `groups: ${'{a: {groups: '.repeat(2000)}`];
    for (const text of [...texts, `a: &a [x]\n${bomb.join('\n')}\ndefaults: {memory: *j}\n`]) {
      expect(readConfig(text).problems.length).toBeGreaterThan(0);
    }
  });

  it('[CFG2] names the line of what is nested too deeply, before it is parsed', () => {
    const texts = [
      `policy: naive\nlimits: ${'[\n'.repeat(40)}`,
      `policy: naive\n${'- '.repeat(30_000)}x`,
      `policy: naive\n${' '.repeat(300)}a: 1`,
      `policy: naive\n${'? '.repeat(40)}x`,
      `policy: naive\nlimits: ${'{a: '.repeat(16_000)}`
    ];
    for (const text of texts) {
      const { problems } = readConfig(text);
      expect(problems).toHaveLength(1);
      expect(problems[0]!.sentence).toContain('nested too deeply; expected at most 32 levels');
      expect(problems[0]!.line).toBeGreaterThan(1);
    }
    const deep = `${'{a: '.repeat(30)}1${'}'.repeat(30)}`;
    expect(readConfig(`defaults: {gpuModel: ${deep}}`).problems[0]!.sentence).not.toContain('deep');
    expect(readConfig(`policy: naive # ${'[{'.repeat(15)}\n`).problems).toEqual([]);
  });

  it('[CFG2] tells each name that stands twice among thousands', () => {
    const users = Array.from({ length: 6000 }, (_, n) => `      u${n}: 1`);
    const text = ['groups:', '  a:', '    users:', ...users, '      u17: 2'].join('\n');
    expect(readConfig(text).problems).toEqual([
      { line: 6004, sentence: 'the same name stands here twice' }
    ]);
    expect(readConfig('groups: {a: {users: {x: 1, x: 2}}}').problems).toHaveLength(1);
  });

  it('[CFG2] tells every problem, not only the first', () => {
    const { problems } = readConfig(
      [
        'groups:',
        '  a:',
        '    quota: x',
        '    surplus: false', // says nothing while its quota cannot be read
        '  b: {weight: 0}',
        '  b: {users: [ann]}',
        '  c:',
        '    users: [ann]',
        'speed: 1'
      ].join('\n')
    );
    expect(problems.map(({ line, sentence }) => [line, sentence.split(';')[0]])).toEqual([
      [3, '"quota" is "x"'],
      [5, 'a weight is above 0 and up to 10000, not 0'],
      [6, 'the same name stands here twice'],
      [8, 'the user "ann" is in "b" already'],
      [9, '"speed" is not known in the file']
    ]);
  });
});
