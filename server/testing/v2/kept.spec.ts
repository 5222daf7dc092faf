import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { kept } from './kept';

describe('what is kept', () => {
  let cache: string;
  let made: number;

  beforeEach(() => {
    cache = fs.mkdtempSync(join(tmpdir(), 'kept-'));
    made = 0;
  });

  afterEach(() => fs.rmSync(cache, { recursive: true }));

  const tree = (...inputs: readonly string[]): string =>
    kept(
      join(cache, 'tree'),
      inputs,
      fresh => {
        made += 1;
        fs.mkdirSync(join(fresh, 'etc'), { recursive: true });
        fs.writeFileSync(join(fresh, 'etc/fstab'), 'nothing');
      },
      ['/opt', '/etc/hostname']
    );

  it('is made once for the same inputs, and again for others', () => {
    expect(tree('a', 'b')).toBe(join(cache, 'tree'));
    tree('a', 'b');
    expect(made).toBe(1);
    tree('ab');
    tree('ab');
    expect(made).toBe(2);
  });

  it.each([
    ['a file is gone', (path: string) => fs.rmSync(path)],
    ['a file is cut short', (path: string) => fs.truncateSync(path, 3)],
    ['a file is another', (path: string) => fs.writeFileSync(path, 'NOTHING')],
    ['a file is there too much', (path: string) => fs.writeFileSync(`${path}.old`, '')],
    ['nothing is there', (path: string) => fs.rmSync(dirname(dirname(path)), { recursive: true })]
  ])('is made again where it is damaged: %s', (_what, damage) => {
    damage(join(tree('a'), 'etc/fstab'));
    tree('a');
    expect(made).toBe(2);
    expect(fs.readdirSync(join(cache, 'tree/etc'))).toEqual(['fstab']);
    expect(fs.readFileSync(join(cache, 'tree/etc/fstab'), 'utf8')).toBe('nothing');
  });

  it('is not damaged by what may come and go in it', () => {
    fs.mkdirSync(join(tree('a'), 'opt'));
    fs.writeFileSync(join(cache, 'tree/opt/program'), '');
    fs.writeFileSync(join(cache, 'tree/etc/hostname'), 'node');
    tree('a');
    expect(made).toBe(1);
  });

  it('is whole or not there: what failed half-way is made anew', () => {
    const image = (make: (path: string) => void) => kept(join(cache, 'image'), [], make);
    const half = (path: string): void => {
      fs.writeFileSync(path, 'ha');
      throw new Error('no space left');
    };
    expect(() => image(half)).toThrow('no space left');
    expect(
      fs.readFileSync(
        image(path => fs.writeFileSync(path, 'whole')),
        'utf8'
      )
    ).toBe('whole');
  });
});
