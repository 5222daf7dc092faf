import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { UNCAPPED, UNLIMITED } from '../../core/policy/bounds';
import { EVEN_SHARING } from '../../core/policy/groups';
import { readConfig } from './config';
import { configurationOf } from './configSaid';

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
metrics: {users: true}
limits: {memory: 64 GiB, gpus: 2, exclusive: 0, priority: 10, hold: false}
policy: partitioned
defaults: {memory: 1 GiB, cpus: [1, 4]}
`);
    expect(problems).toEqual([]);
    const configuration = configurationOf(said!);
    expect(configuration).toMatchObject({
      memoryReserveBytes: 2 * 2 ** 30,
      reservedCpus: 1,
      fencesGpus: true,
      metricsNameUsers: true,
      policy: 'partitioned',
      defaults: { memoryBytes: 2 ** 30, cpus: { kind: 'range', min: 1, max: 4 } }
    });
    expect(configuration.sharing.limits).toEqual({
      memoryBytes: 64 * 2 ** 30,
      gpus: 2,
      ...{ exclusiveCpus: 0, priority: 10, hold: false }
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
      limits: { ...UNLIMITED, gpus: 1 }
    });
  });

  it('[CAP1] reads caps of everybody, of each user, of a group and of its users', () => {
    const { said, problems } = readConfig(`
caps: {gpus: 8, cpus: 32}
userCaps: {kernels: 10, cells: 4, memory: 100 GiB, gpus: 4, cpus: 50%}
groups: {atlas: {caps: {gpus: 2}, userCaps: {cells: 1}}}
`);
    expect(problems).toEqual([]);
    const { caps, userCaps, groups } = configurationOf(said!).sharing;
    expect(caps).toEqual({ ...UNCAPPED, gpus: 8, cpus: { kind: 'static', cpus: 32 } });
    expect(userCaps).toEqual({
      kernels: 10,
      cells: 4,
      memoryBytes: 100 * 2 ** 30,
      gpus: 4,
      cpus: { kind: 'fraction', of: 0.5 }
    });
    expect(groups[0]).toMatchObject({
      caps: { ...UNCAPPED, gpus: 2 },
      userCaps: { ...UNCAPPED, cells: 1 }
    });
  });

  it.each(['cells: 0', 'kernels: 0', 'cpus: 0', 'cpus: 120%', 'memory: lots', 'disk: 1 GiB'])(
    '[CFG2] [CAP1] says what is wrong with a cap: %s',
    cap => {
      const { problems } = readConfig(`userCaps: {${cap}}`);
      expect(problems).toMatchObject([{ line: 1 }]);
      expect(problems[0]!.sentence).toContain(`"${cap.split(':')[0]}"`);
    }
  );

  it('[CULL1] reads when idle kernels are shut down, and groups that differ', () => {
    const { said, problems } = readConfig(`
cull: {idle: 2 h, notice: 5 min, busy: 3%, keep: false}
groups: {prod: {cull: false}, night: {cull: {idle: 30 s, keep: 1 h}}, plain: }
`);
    expect(problems).toEqual([]);
    const { cull, groups } = configurationOf(said!).sharing;
    expect(cull).toEqual({ idleMs: 7_200_000, noticeMs: 300_000, busyRatio: 0.03, keepMs: 0 });
    expect(groups.map(it => it.cull)).toEqual([
      { idleMs: Infinity },
      { idleMs: 30_000, keepMs: 3_600_000 },
      {}
    ]);
  });

  it.each([
    ['cull: {idle: never}', '"idle" is "never"; expected a time'],
    ['cull: {busy: 2}', '"busy" is 2; expected a part'],
    ['cull: {busy: 0%}', '"busy" is "0%"; expected a part'],
    ['cull: {idel: 2 h}', 'did you mean "idle"?'],
    ['cull: true', '"cull" is true; expected false, or idle']
  ])('[CULL1] [CFG2] reports what is wrong with %s', (text, sentence) => {
    const { problems } = readConfig(text);
    expect(problems.map(it => it.sentence)).toEqual([expect.stringContaining(sentence)]);
  });

  it('[CFG2] reads the example of README.md', () => {
    const readme = readFileSync(join(__dirname, '../../../README.md'), 'utf8');
    const example = /```yaml\n([^]*?)```/.exec(readme)![1]!;
    expect(readConfig(example).problems).toEqual([]);
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
    ['groups:\n  a:\n    speed: 3', 3, '"speed" is not known in "a"; expected weight'],
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
    ['groups: {"a\\e[2Jb": {}}', 1, '"a\\u001b[2Jb" cannot be the name of a group'],
    ['groups: {a: {notebooks: ["[ab].ipynb"]}}', 1, 'expected patterns of paths'],
    [
      'groups: {a: {users: 1}}',
      1,
      '"users" is 1; expected names such as [ann, bob], or names with weights such as {ann: 2, bob: 1}'
    ],
    [
      'groups:\n  a:\n    users:\n      - x\n      - 1',
      5,
      'item 2 of "users" is 1; expected a name'
    ],
    ['groups:\n  a:\n    users:\n      x: 1\n      y: no', 5, '"y" is "no"; expected a number'],
    ['groups: {a: {weight: .inf}}', 1, '"weight" is Infinity; expected a number above 0'],
    ['groups: {a: 3}', 1, '"a" is 3; expected names with values'],
    ['groups: {__proto__: {}}', 1, '"__proto__" is no name of anything'],
    [
      'groups:\n  a:\n    users: ["hub:"]',
      3,
      '"hub:" names no group of the Hub; expected "hub:" and the name of a group'
    ],
    ['groups: {a: {users: {__proto__: 1}}}', 1, '"__proto__" is no name of anything'],
    [
      'hold:\n  {a: b}: 1\n  speed: 1',
      2,
      'a list or a map is no name of anything; expected a word'
    ],
    ['hold:\n  {a: b}: 1\n  speed: 1', 3, '"speed" is not known'],
    ['groups: {a: {constructor: 1}}', 1, '"constructor" is not known in "a"'],
    ['limits:\n  memory: much', 2, 'an amount such as'],
    ['limits:\n  gpus: -1', 2, 'a whole number from 0'],
    ['reserve:\n  cpus: 1.5', 2, 'a whole number from 0'],
    ['defaults:\n  memory: 1 GiB\n  cpus: 0', 3, '"cpus" is 0; expected a whole number'],
    ['defaults:\n  speed: 1', 2, '"speed" is not known in "defaults"; expected cpus'],
    ['limits:\n  memroy: 1', 2, 'in "limits" (did you mean "memory"?); expected memory, gpus'],
    ['policy: best', 1, 'one of dynamic, partitioned, naive'],
    ['preemption: {victims: nobody}', 1, 'one of mostOverQuota'],
    ['hold: 3', 1, '"hold" is 3; expected names with values (name: value)'],
    ['groups: [a, b]', 1, '"groups" is ["a","b"]; expected names with values'],
    ['- 1', 1, 'the file is [1]; expected names with values'],
    ['a: 1\n---\nb: 1', 2, 'multiple documents'],
    ['groups:\n\ta: 1', 2, ''],
    ['groups: {', 1, '']
  ])('[CFG2] refuses %j at its line', (text, line, sentence) => {
    const { said, problems } = readConfig(text);
    expect(said).toBeNull();
    expect(problems.map(problem => problem.line)).toContain(line);
    expect(problems.map(problem => problem.sentence).join('\n')).toContain(sentence);
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
      [6, 'the name "b" stands here twice'],
      [8, 'the user "ann" is in "b" already'],
      [9, '"speed" is not known in the file']
    ]);
  });

  it('[CFG2] tells every value that is of the wrong kind, wherever it stands', () => {
    const { problems } = readConfig(
      [
        'groups:',
        '  a/b:',
        '    quota: [1]',
        '    weight: heavy',
        '    surplus: 0',
        '    notebooks:',
        '      - a/**',
        '      - "[ab]"',
        '    groups:',
        '      c: {latency: soon, limits: {gpus: -1.5}}',
        '    weigth: 2',
        'limits: [1]',
        'gpus:',
        '  fence: 1',
        'defaults:',
        '  memory: 1 furlong',
        '  priority: 1000',
        'policy: 3'
      ].join('\n')
    );
    expect(problems.map(({ line, sentence }) => [line, sentence.split(';')[0]])).toEqual([
      [2, '"a/b" cannot be the name of a group'],
      [3, '"quota" is [1]'],
      [4, '"weight" is "heavy"'],
      [5, '"surplus" is 0'],
      [8, 'item 2 of "notebooks" is "[ab]"'],
      [10, '"latency" is "soon"'],
      [10, '"gpus" is -1.5'],
      [11, '"weigth" is not known in "a/b" (did you mean "weight"?)'],
      [12, '"limits" is [1]'],
      [14, '"fence" is 1'],
      [16, '"memory" is "1 furlong"'],
      [17, '"priority" is 1000'],
      [18, '"policy" is 3']
    ]);
  });

  it('[CFG3] keeps groups in the order of the file, also those that are numbers', () => {
    const { said } = readConfig('groups: {b: {groups: {10: , a: , 9: }}, 2024: , 1: {weight: 2}}');
    const names = said!.groups!.map(it => [it.name, it.groups.map(inner => inner.name)]);
    expect(names).toEqual([
      ['b', ['10', 'a', '9']],
      ['2024', []],
      ['1', []]
    ]);
  });
});
