import { globMatches, isGlob } from './glob';

describe('patterns of paths', () => {
  it.each([
    ['*.ipynb', '/users/ann/a.ipynb', true],
    ['*.ipynb', '/users/ann/a.py', false],
    ['atlas/*', '/users/ann/atlas/a.ipynb', true],
    ['atlas/*', '/users/ann/atlas/deep/a.ipynb', false],
    ['atlas/**', '/users/ann/atlas/deep/a.ipynb', true],
    ['atlas/', '/users/ann/atlas/deep/a.ipynb', true],
    ['atlas/**', '/users/ann/atlas2/a.ipynb', false],
    ['atlas/**/fit*.ipynb', '/x/atlas/a/b/fit-2.ipynb', true],
    ['atlas/**/fit*.ipynb', '/x/atlas/fit.ipynb', true],
    ['/users/*/atlas/**', '/users/ann/atlas/a.ipynb', true],
    ['/users/*/atlas/**', '/srv/users/ann/atlas/a.ipynb', false],
    ['a?.ipynb', 'ab.ipynb', true],
    ['a?.ipynb', 'a.ipynb', false],
    ['a.ipynb', 'remote:x/a.ipynb', true],
    ['(a+b)$.ipynb', '/x/(a+b)$.ipynb', true],
    ['A.ipynb', '/x/a.ipynb', false],
    ['*ab*ab', 'abab', true],
    ['*ab*ab', 'ab', false],
    ['**', '', true]
  ])('%s and %s', (pattern, path, fits) => {
    expect(globMatches(pattern, path)).toBe(fits);
  });

  it('takes no longer for a pattern of many stars', () => {
    const path = `/${'a'.repeat(4000)}`;
    expect(globMatches(`${'*a'.repeat(30)}b`, path)).toBe(false);
    expect(globMatches(`${'**/a*/'.repeat(30)}b`, path.repeat(30))).toBe(false);
  });

  it.each([
    ['notes/**', true],
    ['', false],
    ['~/notes', false],
    ['!notes', false],
    ['[ab].ipynb', false],
    ['{a,b}', false]
  ])('understands %s: %s', (pattern, isUnderstood) => {
    expect(isGlob(pattern)).toBe(isUnderstood);
  });
});
