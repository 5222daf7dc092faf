import { tracked } from './sources';

const TEXT = /\.(tsx?|m?js|cjs|json|md|css|py|toml|ya?ml|ipynb|sh|txt|lock)$|^\.ci\/|^\.[a-z]+rc$/;

describe('hygiene', () => {
  const files = tracked(TEXT).filter(({ path }) => !path.startsWith('tidy/'));

  it('no file names a registry host or a path of one machine', () => {
    const host = /https?:\/\/[^/"' ]*(npmjs|yarnpkg|pypi|pythonhosted)[^/"' ]*\//;
    const path = /(^|[^\w.-])\/(work|root|home\/\w+)\//m;
    const found = files.filter(({ text }) => host.test(text) || path.test(text));
    expect(found.map(it => it.path)).toEqual([]);
  });

  it('no file is left unfinished', () => {
    const found = files.filter(({ text }) => /\b(TODO|FIXME|XXX)\b/.test(text));
    expect(found.map(it => it.path)).toEqual([]);
  });

  it('no error is swallowed without a word', () => {
    const empty = /catch\s*(\([^)]*\))?\s*\{\s*\}|except[^:\n]*:\s*\n\s*pass\s*$/m;
    const code = files.filter(({ path }) => /\.(tsx?|mjs|js|py)$/.test(path));
    expect(code.filter(({ text }) => empty.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
