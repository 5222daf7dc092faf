import { tracked } from './sources';

const FAMILIES = [
  ...[
    'ADM',
    'ADMIN',
    'CAP',
    'CPU',
    'MEM',
    'GPU',
    'FAIR',
    'CFG',
    'GATE',
    'HOLD',
    'ENF',
    'API',
    'SEC'
  ],
  ...['OBS', 'HIST', 'LEARN', 'TRACE', 'SYS', 'HUB', 'CULL', 'RUN', 'UI']
].join('|');
const RULE = new RegExp(`\\b(${FAMILIES})\\d+\\b`, 'g');
const QUOTED = new RegExp(`\\[((?:(?:${FAMILIES})\\d+(?:, )?)+)\\]`, 'g');

type Setting = { readonly $comment?: string; readonly description: string };

/** Rules as SPEC.md defines them: `- **ADM1** ...`. */
function defined(): string[] {
  const spec = tracked(/^SPEC\.md$/)[0]?.text ?? '';
  return [...spec.matchAll(/^- \*\*([A-Z]+\d+)\*\*/gm)].map(match => match[1]!);
}

/** Rules that a test quotes, in square brackets: `[ADM1] ...` or `[ADM1, ADM2] ...`. */
function quoted(): Map<string, string[]> {
  const tests = tracked(/(\.spec\.tsx?|(^|\/)test_\w+\.py|Contract\.ts|testing\/v2\/.*\.ts)$/);
  const byRule = new Map<string, string[]>();
  for (const { path, text } of tests) {
    for (const bracket of text.matchAll(QUOTED)) {
      for (const [rule] of bracket[1]!.matchAll(RULE)) {
        byRule.set(rule, [...(byRule.get(rule) ?? []), path]);
      }
    }
  }
  return byRule;
}

describe('SPEC.md', () => {
  const rules = defined();
  const tests = quoted();

  it('defines each rule once', () => {
    expect(rules.length).toBeGreaterThan(30);
    expect(rules.filter((rule, at) => rules.indexOf(rule) !== at)).toEqual([]);
  });

  it('has a test for each rule', () => {
    expect(rules.filter(rule => !tests.has(rule))).toEqual([]);
  });

  it('has the rule of each setting, which people are not shown', () => {
    const settings = tracked(/^schema\/\w+\.json$/).flatMap(({ text }) =>
      Object.values((JSON.parse(text) as { properties: Record<string, Setting> }).properties)
    );
    expect(settings.length).toBeGreaterThan(9);
    for (const { $comment, description } of settings) {
      const named = $comment?.match(RULE) ?? [];
      expect(named).not.toEqual([]);
      expect(named.filter(rule => !rules.includes(rule))).toEqual([]);
      expect(description).not.toMatch(RULE);
    }
  });

  it('has each rule that a test quotes', () => {
    expect([...tests.keys()].filter(rule => !rules.includes(rule))).toEqual([]);
  });
});
