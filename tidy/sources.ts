import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** The repository's root. */
export const ROOT = join(__dirname, '..');

/** One tracked text file. */
export type Source = { readonly path: string; readonly text: string };

/** Tracked files whose path matches, sorted; deleted ones are left out. */
export function tracked(pattern: RegExp): Source[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: ROOT,
      encoding: 'utf8'
    }
  );
  return [...new Set(listed.split('\0'))]
    .filter(path => pattern.test(path))
    .sort()
    .flatMap(path => {
      const text = readTracked(path);
      return text === null ? [] : [{ path, text }];
    });
}

function readTracked(path: string): string | null {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch (error) {
    if (['ENOENT', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return null; // deleted in the work tree, or a link to a directory
    }
    throw error;
  }
}

/** All TypeScript of the product and its tests. */
export function typescriptSources(): Source[] {
  return tracked(/^(server|src|bench|tidy|ui-tests)\/.*\.tsx?$/);
}

/** The modules that a file imports, as written, with `import type` told apart. */
export function importsOf(source: Source): { module: string; typeOnly: boolean }[] {
  return ts
    .createSourceFile(source.path, source.text, ts.ScriptTarget.ES2022)
    .statements.flatMap(statement => {
      const from =
        ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)
          ? statement.moduleSpecifier
          : undefined;
      if (!from || !ts.isStringLiteral(from)) {
        return [];
      }
      const typeOnly = ts.isImportDeclaration(statement)
        ? (statement.importClause?.isTypeOnly ?? false)
        : (statement as ts.ExportDeclaration).isTypeOnly;
      return [{ module: from.text, typeOnly }];
    });
}
