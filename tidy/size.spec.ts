import ts from 'typescript';
import { tracked, typescriptSources, type Source } from './sources';

const FUNCTION_LINES_MAX = 60;
const FILE_LINES_MAX = 300;

const lineCount = (text: string) => text.trimEnd().split('\n').length;

/** Functions longer than the bound; a `describe` block is a table of contents, not a function. */
function longFunctions({ path, text }: Source): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !isDescribe(node)) {
      const first = file.getLineAndCharacterOfPosition(node.getStart()).line;
      const lines = file.getLineAndCharacterOfPosition(node.end).line - first + 1;
      if (lines > FUNCTION_LINES_MAX) {
        found.push(`${path}:${first + 1} has a function of ${lines} lines`);
      }
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
function longPythonFunctions({ path, text }: Source): string[] {
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
    const length = lineCount([line, ...(next < 0 ? after : after.slice(0, next))].join('\n'));
    return length > FUNCTION_LINES_MAX
      ? [`${path}:${at + 1} has a function of ${length} lines`]
      : [];
  });
}

describe('size', () => {
  const typescript = typescriptSources();
  const python = tracked(/^(jupyterlab_cellgrant|bench|scripts|ui-tests)\/.*\.py$/);

  it(`functions have at most ${FUNCTION_LINES_MAX} lines`, () => {
    expect([...typescript.flatMap(longFunctions), ...python.flatMap(longPythonFunctions)]).toEqual(
      []
    );
  });

  it(`files have at most ${FILE_LINES_MAX} lines`, () => {
    const scripts = tracked(/^scripts\/.*\.m?js$/);
    const long = [...typescript, ...python, ...scripts]
      .map(({ path, text }) => ({ path, lines: lineCount(text) }))
      .filter(({ lines }) => lines > FILE_LINES_MAX)
      .map(({ path, lines }) => `${path} has ${lines} lines`);
    expect(long).toEqual([]);
  });

  it('would notice a long function', () => {
    const body = 'a();\n'.repeat(FUNCTION_LINES_MAX);
    expect(longFunctions({ path: 'x.ts', text: `function f() {\n${body}}` })).toHaveLength(1);
    const pythonBody = '    a()\n'.repeat(FUNCTION_LINES_MAX);
    expect(longPythonFunctions({ path: 'x.py', text: `def f():\n${pythonBody}` })).toHaveLength(1);
  });
});
