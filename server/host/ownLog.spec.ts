import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { OwnDirectory } from './ownDirectory';
import { OwnLog } from './ownLog';

const NAMES = { current: 'own.jsonl', previous: 'own.1.jsonl' };
const asRoot = process.getuid?.() === 0 ? it : it.skip;

describe('a log of its own', () => {
  let outer: string;
  let dir: string;
  let path: string;
  let log: OwnLog;

  beforeEach(() => {
    outer = mkdtempSync(join(tmpdir(), 'cg-'));
    dir = join(outer, 'own');
    path = join(dir, NAMES.current);
    log = new OwnLog(
      OwnDirectory.open(dir, () => undefined),
      NAMES,
      64
    );
  });

  afterEach(() => rmSync(outer, { recursive: true }));

  it('[ADMIN6] has the lines in the order in which they were appended, for its owner alone', async () => {
    await Promise.all(['a', 'b', 'c'].map(it => log.append(it)));
    expect(readFileSync(path, 'utf8')).toBe('a\nb\nc\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(log.read()).toEqual(['a', 'b', 'c']);
  });

  it('[ADMIN6] begins anew at its bound, and keeps one file more', async () => {
    for (const letter of ['a', 'b', 'c', 'd', 'e']) {
      await log.append(letter.repeat(30));
    }
    expect(log.read().map(it => it[0])).toEqual(['c', 'd', 'e']);
    expect(statSync(path).size).toBeLessThanOrEqual(64);
  });

  it('[ADMIN6] goes on with a line of its own after one that was cut short', async () => {
    await log.append('whole');
    appendFileSync(path, 'ha');
    await log.append('next');
    expect(log.read()).toEqual(['whole', 'ha', 'next']);
  });

  const other = () => join(outer, 'other');
  it.each<[string, () => void, RegExp]>([
    ['a link', () => symlinkSync(other(), path), /ELOOP/],
    ['a second name', () => linkSync(other(), path), /another name/],
    ['a pipe', () => execFileSync('mkfifo', [path]), /not a regular file/],
    ['a directory', () => mkdirSync(path), /EISDIR/],
    [
      'a file that others may read',
      () => {
        writeFileSync(path, '');
        chmodSync(path, 0o644);
      },
      /others may open it/
    ]
  ])('[ADMIN6] [SEC4] writes through nothing that is in its place: %s', async (_, make, words) => {
    writeFileSync(other(), 'theirs', { mode: 0o600 });
    make();
    await expect(log.append('line')).rejects.toThrow(words);
    expect(readFileSync(other(), 'utf8')).toBe('theirs');
    rmSync(path, { recursive: true });
    await log.append('line');
    expect(log.read()).toEqual(['line']);
  });

  asRoot('[ADMIN6] [SEC4] does not use the file of another user', async () => {
    writeFileSync(path, '', { mode: 0o600 });
    chownSync(path, 65534, 65534);
    await expect(log.append('line')).rejects.toThrow('belongs to user 65534');
    expect(() => log.read()).toThrow('belongs to user 65534');
  });
});
