import type { IHostFiles } from './files';
import { UserNames } from './users';

/** Files that are as this table says. */
function filesOf(texts: Record<string, string>): IHostFiles {
  const read = (path: string): string => {
    const text = texts[path];
    if (text === undefined) {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    }
    return text;
  };
  return { read } as IHostFiles;
}

describe('the owner of a process', () => {
  const texts: Record<string, string> = {
    '/etc/passwd': 'root:x:0:0::/:/bin/sh\nana:x:1000:1000::/:/bin/sh\n',
    '/proc/1/status': 'Name:\tinit\nUid:\t0\t0\t0\t0\n',
    '/proc/2/status': 'Name:\tpython\nUid:\t1000\t1000\t1000\t1000\n',
    '/proc/3/status': 'Name:\tpython\nUid:\t1001\t1001\t1001\t1001\n'
  };

  it('has a name, or a number where the machine has none', () => {
    const users = new UserNames(filesOf(texts));
    expect([1, 2, 3].map(pid => users.ownerOf(pid))).toEqual(['root', 'ana', '1001']);
  });

  it('is nobody where there is no such process', () => {
    expect(new UserNames(filesOf(texts)).ownerOf(4)).toBeNull();
  });

  it('is found even where there are no names at all', () => {
    const { '/etc/passwd': _, ...rest } = texts;
    expect(new UserNames(filesOf(rest)).ownerOf(2)).toBe('1000');
  });
});
