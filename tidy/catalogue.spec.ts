import ts from 'typescript';

import { CATALOGUE, type RefusalCode } from '../server/protocol/catalogue';
import { OTHERWISE } from '../server/protocol/otherwise';
import { ENGLISH } from '../server/protocol/phrases';
import { tracked, typescriptSources, type Source } from './sources';

/** The rows that SPEC.md must have, in the catalogue's order. */
function expected(): string[] {
  return Object.entries(CATALOGUE).map(
    ([code, { status, sentence }]) => `| ${code} | ${status} | ${sentence(ENGLISH.trans)} |`
  );
}

/** The rows of the table below a heading of SPEC.md. */
function documented(heading: string): string[] {
  const spec = tracked(/^SPEC\.md$/)[0]!.text;
  const section = spec.slice(spec.indexOf(`\n## ${heading}\n`)).split('\n## ')[1]!;
  return section
    .split('\n')
    .filter(line => /^\| [A-Z_]+ +\|/.test(line))
    .map(line => line.replace(/ +\|/g, ' |').replace(/\| +/g, '| '));
}

const codesIn = (text: string) => [...text.matchAll(/['"]([A-Z_]+)['"]/g)].map(match => match[1]!);

/** The codes that a file of the sidecar makes refusals of. */
function madeIn({ path, text }: Source): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const codes: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'refusal') {
      codes.push(...codesIn(node.arguments[0]?.getText() ?? ''));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return codes;
}

/** A file of Python's part. */
function python(path: string): string {
  return tracked(/^jupyterlab_cellgrant\/.*\.py$/).find(it => it.path.endsWith(path))!.text;
}

describe('the catalogue of refusals', () => {
  it('[API1] is listed in SPEC.md as the code has it, and nothing else is', () => {
    expect(documented('Refusals')).toEqual(expected());
  });

  it.each([
    ['cell', 'Refusals of forked cells'],
    ['worker', 'Refusals of workers'],
    ['command', 'Refusals of commands']
  ] as const)('[API1] is listed as it speaks of a %s, too', (of, heading) => {
    const rows = Object.entries(OTHERWISE[of]).map(
      ([code, said]) => `| ${code} | ${said(ENGLISH.trans)} |`
    );
    expect(documented(heading)).toEqual(rows);
  });

  it('[API1] is repeated word for word where no sidecar can be asked', () => {
    const entries = [
      ...python('/proxy.py').matchAll(/"([A-Z_]+)": \(\s*(\d{3}),\s*"([^"]*)",?\s*\)/g)
    ];
    expect(entries).toHaveLength(3);
    for (const [, code, status, sentence] of entries) {
      const its = CATALOGUE[code as RefusalCode];
      expect([code, Number(status), sentence]).toEqual([
        code,
        its.status,
        its.sentence(ENGLISH.trans)
      ]);
    }
  });

  it('[API1] has nothing that nobody refuses', () => {
    const sidecar = typescriptSources().filter(
      ({ path }) => path.startsWith('server/') && !/\.spec\.ts$|\/testing\//.test(path)
    );
    const refused = [...python('/proxy.py').matchAll(/_refuse\(\s*"([A-Z_]+)"/g)].map(it => it[1]!);
    const made = new Set([...sidecar.flatMap(madeIn), ...refused]);
    expect(Object.keys(CATALOGUE).filter(code => !made.has(code))).toEqual([]);
  });

  it('has each refusal that the command line knows an exit code for', () => {
    const table = /_OF_REFUSAL = \{([^}]*)\}/.exec(python('commands/failure.py'))![1]!;
    expect(codesIn(table).length).toBeGreaterThan(5);
    expect(codesIn(table).filter(code => !(code in CATALOGUE))).toEqual([]);
  });

  it('would notice what nobody refuses', () => {
    const text = "refuse(refusal(isOver ? 'GONE' : 'AWAY', { what: 'KEPT' })); known('SAID');";
    expect(madeIn({ path: 'x.ts', text })).toEqual(['GONE', 'AWAY']);
  });

  it('speaks in whole sentences', () => {
    // Where all of it is told by who refuses, that is a sentence of its own.
    for (const { sentence } of Object.values(CATALOGUE)) {
      expect(sentence(ENGLISH.trans)).toMatch(/^([A-Z].*\.|\{why\})$/);
    }
  });
});
