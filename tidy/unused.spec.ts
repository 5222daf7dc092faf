import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './sources';

/** The exit code of vulture that found something. */
const FOUND = 3;

const run = promisify(execFile);

/**
 * What nobody uses below a folder, as knip.config.ts counts it, a line each.
 *
 * #### Notes
 * An export is used if another file imports it. That a test does is enough for what
 * is a part of the tests; else the export's own file must use it as well.
 */
async function unusedIn(folder: string): Promise<string> {
  const options = ['--directory', folder, '--config', join(ROOT, 'knip.config.ts')];
  const knip = [join(ROOT, 'node_modules/knip/bin/knip.js'), ...options];
  const format = ['--no-exit-code', '--no-config-hints', '--reporter', 'compact'];
  const runs = [[], ['--production']].map(mode =>
    run(process.execPath, [...knip, ...format, ...mode], { cwd: ROOT })
  );
  return (await Promise.all(runs)).map(({ stdout }) => stdout).join('');
}

/** What nobody uses in Python, as pyproject.toml counts it, a line each. */
async function unusedInPython(...options: string[]): Promise<string> {
  const python = join(ROOT, '.venv', 'bin', 'python');
  try {
    return (await run(python, ['-m', 'vulture', ...options], { cwd: ROOT })).stdout;
  } catch (error) {
    const { code, stdout } = error as { code: unknown; stdout: string };
    if (code === FOUND) {
      return stdout;
    }
    throw error;
  }
}

describe('nothing is unused', () => {
  it('neither exports, files nor packages', async () => {
    expect(await unusedIn(ROOT)).toBe('');
  });

  it('nor functions, classes and variables of Python', async () => {
    expect(await unusedInPython()).toBe('');
    expect(await unusedInPython('--exclude', 'none')).toBe('');
  });

  const planted = {
    'package.json': '{ "dependencies": { "left": "1" } }',
    'server/main.ts': `import { used } from './part'; used();`,
    'server/part.ts': `
      export const used = () => alone() + forTest();
      export const alone = () => 1;
      export const forTest = () => 2;
      export const onlyTested = () => 3;`,
    'server/part.spec.ts': `
      import { forTest, onlyTested } from './part';
      import { helper } from './testing/helper';
      helper(forTest, onlyTested);`,
    'server/testing/helper.ts': 'export const helper = (...its: unknown[]) => its;',
    'server/lost.ts': 'export const lost = 1;',
    'part.py': 'def lost():\n    pass\n'
  };

  it('would notice what is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cellgrant-unused-'));
    try {
      for (const [path, text] of Object.entries(planted)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      const found = await unusedIn(folder);
      const lines = found.split('\n').filter(line => line.includes(': '));
      expect([...new Set(lines)]).toEqual([
        'server/lost.ts: server/lost.ts',
        'package.json: left',
        'server/part.ts: alone',
        'server/part.ts: onlyTested'
      ]);
      expect(await unusedInPython(folder)).toMatch(/part\.py:1: unused function 'lost'/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
