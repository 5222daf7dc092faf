import fc from 'fast-check';
import * as yaml from 'yaml';

import cases from '../testing/directives.json';
import { directiveOf } from './directive';
import { DIRECTIVE_CHARS_MAX } from './gate';
import { parseDirective } from './hintEntries';
import { parseHints } from './hints';

type Case = {
  readonly name: string;
  readonly source: readonly string[];
  readonly directive?: readonly string[];
  readonly hints?: object;
  readonly problems?: readonly string[];
};

describe('directive', () => {
  it.each(cases as readonly Case[])('[ADM12] $name', ({ source, directive, hints, problems }) => {
    const found = directiveOf(source.join('\n'));
    expect(found).toBe((directive ?? source).join('\n'));
    const parsed = parseDirective(found);
    expect(parsed.problems.map(problem => problem.path)).toEqual(problems ?? []);
    expect(parsed.hints).toEqual(hints ?? {});
  });

  it('[ADM12] is read as far as the gate sends it', () => {
    const line = `#| fig-cap: ${'😀'.repeat(1300)}`;
    const code = [line, line, line, '#| cpus: 1', line, '#| cpus: 2'].join('\n');
    const found = directiveOf(code);
    expect([...found].length).toBeLessThanOrEqual(DIRECTIVE_CHARS_MAX);
    expect(found.split('\n')).toHaveLength(4);
    expect(parseDirective(found).hints).toEqual({ cpus: { kind: 'fixed', n: 1 } });
    const short = '#| a: 1';
    const lines = directiveOf(`${short}\n`.repeat(1000)).split('\n');
    expect(lines).toHaveLength(DIRECTIVE_CHARS_MAX / (short.length + 1));
  });

  it("[ADM12] finds of any tool's YAML just the entries at its top level", () => {
    const words = fc.constantFrom(
      'time: wall clock',
      'cpus=lots',
      "it's, memory: x",
      'a "b',
      'x # y',
      '[',
      'one\ntime: two\n\nthree'
    );
    const node = fc.letrec(tie => ({
      node: fc.oneof(
        { maxDepth: 3 },
        words,
        fc.boolean(),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('time', 'cpus', 'fig-cap', "o'k", 'a b'), tie('node'))
      )
    })).node;
    const ours = fc.record(
      {
        cpus: fc.constantFrom<unknown>(2, [2, 8]),
        memory: fc.constant('8 GiB'),
        hold: fc.boolean()
      },
      { requiredKeys: [] }
    );
    const others = fc.dictionary(fc.constantFrom('label', 'fig-cap', 'x: y', '"q"', 'lst'), node);
    const style = fc.record({
      indentSeq: fc.boolean(),
      singleQuote: fc.boolean(),
      lineWidth: fc.constantFrom(0, 20),
      collectionStyle: fc.constantFrom<'any' | 'flow'>('any', 'flow'),
      defaultStringType: fc.constantFrom(
        'PLAIN' as const,
        'BLOCK_LITERAL' as const,
        'QUOTE_DOUBLE' as const
      ),
      defaultKeyType: fc.constant('PLAIN' as const)
    });
    let hints = 0;
    fc.assert(
      fc.property(ours, others, style, fc.boolean(), (mine, theirs, options, first) => {
        const all = first ? { ...mine, ...theirs } : { ...theirs, ...mine };
        const document = new yaml.Document(all);
        const { collectionStyle, ...rest } = options;
        for (const pair of (document.contents as yaml.YAMLMap).items) {
          if (yaml.isCollection(pair.value)) {
            pair.value.flow = collectionStyle === 'flow';
          }
        }
        const written = document.toString(rest).trimEnd().split('\n');
        const found = directiveOf(written.map(line => `#| ${line}`).join('\n'));
        hints += Object.keys(mine).length;
        expect(parseDirective(found)).toEqual(parseHints(mine));
      }),
      { numRuns: 500 }
    );
    expect(hints).toBeGreaterThan(250);
  });
});
