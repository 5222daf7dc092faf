import ts from 'typescript';
import { tracked, type Source } from './sources';

/** What is held to what: the product is to be read; tests are tables of what holds, and may be longer. */
const LIMITS = {
  product: { functionLines: 50, fileLines: 250 },
  tests: { functionLines: 60, fileLines: 300 }
};
const MEDIAN_LINES_MAX = 7;

const isTest = ({ path }: Source) =>
  /\.spec\.tsx?$|^(tidy|ui-tests)\/|\/(testing|tests)\//.test(path);

type Function = { readonly path: string; readonly line: number; readonly lines: number };

const lineCount = (text: string) => text.trimEnd().split('\n').length;

/** Functions with a body of their own; a `describe` block is a table of contents, not a function. */
function functionsIn({ path, text }: Source): Function[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const lineOf = (at: number) => file.getLineAndCharacterOfPosition(at).line + 1;
  const found: Function[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !isDescribe(node)) {
      const line = lineOf(node.getStart());
      found.push({ path, line, lines: lineOf(node.end) - line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isDescribe(node: ts.Node): boolean {
  const call = node.parent;
  return (
    ts.isCallExpression(call) && /\bdescribe\b|Contract$|^suite$/.test(call.expression.getText())
  );
}

/** Python functions by indentation: from `def` to the last line indented deeper. */
function pythonFunctionsIn({ path, text }: Source): Function[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const indent = /^(\s*)(?:async )?def /.exec(line)?.[1]?.length;
    if (indent === undefined) {
      return [];
    }
    const after = lines.slice(at + 1);
    const next = after.findIndex(
      other => other.trim() !== '' && !/^\s*[)\]]/.test(other) && other.search(/\S/) <= indent
    );
    const body = [line, ...(next < 0 ? after : after.slice(0, next))];
    return [{ path, line: at + 1, lines: lineCount(body.join('\n')) }];
  });
}

/** The middle one of those that are more than a line: what a reader has before them. */
function medianLines(functions: readonly Function[]): number {
  const lines = functions.map(it => it.lines).filter(it => it > 1);
  return lines.sort((a, b) => a - b)[lines.length >> 1]!;
}

describe.each(['product', 'tests'] as const)('size: the %s', part => {
  const sources = tracked(
    /^(server|src|bench|scripts|tidy|ui-tests|jupyterlab_cellgrant)\/.*\.(tsx?|m?js|py)$/
  ).filter(source => isTest(source) === (part === 'tests'));
  const functions = sources.map(it =>
    it.path.endsWith('.py') ? pythonFunctionsIn(it) : functionsIn(it)
  );
  const { functionLines, fileLines } = LIMITS[part];

  it(`has functions of at most ${functionLines} lines`, () => {
    const long = functions.flat().filter(({ lines }) => lines > functionLines);
    expect(
      long.map(({ path, line, lines }) => `${path}:${line} has a function of ${lines} lines`)
    ).toEqual([]);
  });

  it(`has files of at most ${fileLines} lines`, () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: lineCount(text) }))
      .filter(({ lines }) => lines > fileLines);
    expect(long.map(({ path, lines }) => `${path} has ${lines} lines`)).toEqual([]);
  });

  it.each(['ts', 'py'])(
    `has functions of ${MEDIAN_LINES_MAX} lines at most, in the median: %s`,
    language => {
      const its = functions
        .flat()
        .filter(({ path }) => path.endsWith('.py') === (language === 'py'));
      expect(its.length).toBeGreaterThan(100);
      expect(medianLines(its)).toBeLessThanOrEqual(MEDIAN_LINES_MAX);
    }
  );
});

it('size: a long function is noticed', () => {
  const body = 'a();\n'.repeat(70);
  const [found] = functionsIn({ path: 'x.ts', text: `b();\nfunction f() {\n${body}}` });
  expect(found).toEqual({ path: 'x.ts', line: 2, lines: 72 });
  const pythonBody = '    a()\n'.repeat(70);
  const [inPython] = pythonFunctionsIn({ path: 'x.py', text: `b()\ndef f():\n${pythonBody}` });
  expect(inPython).toEqual({ path: 'x.py', line: 2, lines: 71 });
});
