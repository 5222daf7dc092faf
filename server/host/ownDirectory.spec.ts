import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { shortDirectory } from '../testing/sidecar';
import { DirectoryError } from './directoryError';
import { OwnDirectory } from './ownDirectory';

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
const NOBODY = 65534;

describe('the directory of a sidecar', () => {
  let outer: string;
  let dir: string;
  let told: string[];

  const open = (path = dir) => OwnDirectory.open(path, it => void told.push(it));
  const load = (own = open()) => own.load('kept', it => it);

  beforeEach(() => {
    outer = shortDirectory();
    dir = join(outer, 'own');
    told = [];
  });

  afterEach(() => fs.rmSync(outer, { recursive: true, force: true }));

  it('[SEC4] is the one that was opened, wherever its path leads later', async () => {
    const own = open();
    own.replace('kept', '"before"');
    const victim = join(outer, 'victim');
    fs.mkdirSync(victim);
    fs.renameSync(dir, join(outer, 'away'));
    fs.symlinkSync(victim, dir);
    own.replace('kept', '"now"');
    (await own.draft('other', '"later"'))();
    own.remove('none');
    fs.closeSync(own.openLock('lock'));
    expect(load(own)).toBe('now');
    expect(fs.readdirSync(victim)).toEqual([]);
    expect(fs.readdirSync(join(outer, 'away')).sort()).toEqual(['kept', 'lock', 'other']);
    expect(() => open()).toThrow(DirectoryError);
  });

  it('[SEC4] is closed to others, but not where they would lose what is in it', () => {
    fs.mkdirSync(dir);
    fs.chmodSync(dir, 0o1777);
    open();
    expect(fs.statSync(dir).mode & 0o7777).toBe(0o700);
    fs.writeFileSync(join(dir, 'theirs'), '');
    fs.chmodSync(dir, 0o1777);
    expect(() => open()).toThrow(`${dir} is open to others and holds other files`);
    expect(fs.statSync(dir).mode & 0o7777).toBe(0o1777);
    fs.writeFileSync(join(dir, 'listening.lock'), '');
    open();
    expect(fs.statSync(dir).mode & 0o7777).toBe(0o700);
  });

  it('[SEC5] tells whether its path still leads to it', () => {
    const own = open();
    expect(own.isInPlace()).toBe(true);
    fs.renameSync(dir, `${dir}.away`);
    expect(own.isInPlace()).toBe(false);
    fs.mkdirSync(dir);
    expect(own.isInPlace()).toBe(false);
    expect(open().identity).not.toBe(own.identity);
    expect(open().lineage).toBe(own.lineage);
    fs.rmdirSync(dir);
    fs.renameSync(`${dir}.away`, dir);
    expect(own.isInPlace()).toBe(true);
  });

  /** What may be where a file should be, and what is said of it. */
  const IN_THE_WAY: readonly (readonly [string, (path: string) => unknown, RegExp])[] = [
    ['a pipe', path => execFileSync('mkfifo', [path]), /is not a regular file/],
    ['a directory', path => fs.mkdirSync(path), /is not a regular file/],
    ['a link', path => fs.symlinkSync('/etc/hostname', path), /is a link/],
    ['a link to nowhere', path => fs.symlinkSync('/nowhere', path), /is a link/],
    ['no JSON', path => fs.writeFileSync(path, '{"half'), /JSON/],
    [
      'a file of ten gigabytes',
      path => {
        fs.writeFileSync(path, '');
        fs.truncateSync(path, 1e10);
      },
      /is larger than/
    ]
  ];
  const BY_ROOT: typeof IN_THE_WAY = [
    ['a device', path => execFileSync('mknod', [path, 'c', '1', '5']), /is not a regular file/],
    [
      'a file of another owner',
      path => {
        fs.writeFileSync(path, '"theirs"');
        fs.chownSync(path, NOBODY, NOBODY);
      },
      /belongs to user 65534/
    ]
  ];

  it.each([...IN_THE_WAY, ...(isRoot ? BY_ROOT : [])])(
    '[SEC4] passes over %s, says so once, and puts a file there if it can',
    (_what, make, said) => {
      const own = open();
      make(join(dir, 'kept'));
      expect(load(own)).toBeNull();
      expect(told).toEqual([expect.stringMatching(said)]);
      expect(told[0]).toMatch(new RegExp(`^${dir}/kept is ignored: `));
      if (fs.lstatSync(join(dir, 'kept')).isDirectory()) {
        expect(() => own.replace('kept', '1')).toThrow(/^E/);
      } else {
        own.replace('kept', '1');
        expect(load(own)).toBe(1);
      }
    }
  );

  it('[SEC4] passes over a socket', async () => {
    const own = open();
    const server = createServer();
    await new Promise<void>(resolve => void server.listen(join(dir, 'kept'), resolve));
    expect(load(own)).toBeNull();
    await new Promise(resolve => server.close(resolve));
    expect(told.join()).toContain('is not a regular file');
  });

  it.each(['pipe', 'directory', 'link'] as const)('[SEC4] has no lock in a %s', kind => {
    const own = open();
    const elsewhere = join(outer, 'elsewhere');
    const path = join(dir, 'lock');
    kind === 'pipe' && execFileSync('mkfifo', [path]);
    kind === 'directory' && fs.mkdirSync(path);
    kind === 'link' && fs.symlinkSync(elsewhere, path);
    expect(() => own.openLock('lock')).toThrow(DirectoryError);
    expect(() => own.openLock('lock')).toThrow(/lock (cannot be used \(E\w+\): )?.*remove/);
    expect(fs.existsSync(elsewhere)).toBe(false);
  });

  describe('of another user, served by root', () => {
    const theirs = (path: string) => {
      fs.mkdirSync(path, { recursive: true });
      fs.chownSync(path, NOBODY, NOBODY);
      return path;
    };

    asRoot('[SEC4] is one that nobody but root and that user can lead elsewhere', () => {
      const home = theirs(join(outer, 'home'));
      expect(open(theirs(join(home, 'own'))).uid).toBe(NOBODY);
      fs.symlinkSync(home, join(outer, 'link of root'));
      expect(open(join(outer, 'link of root', 'own')).uid).toBe(NOBODY);
      fs.chmodSync(home, 0o1777);
      expect(open(join(home, 'own')).uid).toBe(NOBODY);
    });

    asRoot('[SEC4] is none behind what somebody else owns, or everybody may write', () => {
      const own = theirs(join(outer, 'home', 'own'));
      const asUser = (uid: number, path: string) => fs.lchownSync(path, uid, uid);
      fs.symlinkSync(join(outer, 'home'), join(outer, 'link'));
      asUser(1234, join(outer, 'link'));
      expect(() => open(join(outer, 'link', 'own'))).toThrow(/user 1234 can redirect it/);
      fs.chmodSync(join(outer, 'home'), 0o777);
      expect(() => open(own)).toThrow(/everybody can redirect it at .*\/home; name another/);
      fs.chmodSync(join(outer, 'home'), 0o755);
      asUser(1234, join(outer, 'home'));
      expect(() => open(own)).toThrow(/user 1234/);
      asUser(NOBODY, join(outer, 'home'));
      expect(open(own).uid).toBe(NOBODY);
    });

    asRoot('[SEC4] is none that leads in a circle', () => {
      fs.symlinkSync('circle', join(outer, 'circle'));
      expect(() => open(join(outer, 'circle', 'own'))).toThrow(DirectoryError);
    });
  });
});
