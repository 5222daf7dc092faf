import fc from 'fast-check';

import { readConfig } from './config';

describe('the text of a configuration', () => {
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
      { line: 6004, sentence: 'the name "u17" stands here twice' }
    ]);
    expect(readConfig('groups: {a: {users: {x: 1, x: 2}}}').problems).toHaveLength(1);
  });

  it('[CFG2] takes no word of a file for how to read it', () => {
    const text = '%YAML 1.1\n---\n<<: {policy: naive}\nlimits: !!set {gpus}\n';
    expect(readConfig(text).problems).toEqual([
      { line: 3, sentence: expect.stringContaining('"<<" is not known in the file') as string }
    ]);
  });
});
