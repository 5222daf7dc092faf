import { tracked } from './sources';

/** Where facts become sentences (API7), and where the log bounds whatever line it is given. */
const RENDERER = /^server\/(protocol\/(errors|phrases|sentences|stories)|daemon\/log)\.ts$/;

const LOOKS_INTO =
  'indexOf|lastIndexOf|includes|startsWith|endsWith|replace|replaceAll|match|matchAll|search|slice|substring|split|' +
  'find|partition|removeprefix|removesuffix|startswith|endswith';

/** A value that is named a sentence, or was just rendered, and is looked into or cut. */
const PARSED = new RegExp(
  `(\\bsentence\\w*|\\b\\w+(InWords|Sentence|sentenceOf)\\([^()]*\\)|\\["sentence"\\])[!?]?\\.(${LOOKS_INTO})\\(`
);

describe('sentences', () => {
  it('[API7] are parsed and patched nowhere: facts are read, and said in one place', () => {
    const code = tracked(/^(server|src|bench|jupyterlab_cellgrant)\/.*\.(tsx?|py)$/);
    const found = code
      .filter(({ path }) => !/\.spec\.|\/test(s|ing)\//.test(path) && !RENDERER.test(path))
      .flatMap(({ path, text }) =>
        text.split('\n').flatMap((line, at) => (PARSED.test(line) ? [`${path}:${at + 1}`] : []))
      );
    expect(found).toEqual([]);
  });

  it.each([
    'let at = sentence.indexOf(name)',
    'claim.reason.sentence.slice(4)',
    'waitInWords(reason).replace(old, now)',
    'it["reason"]["sentence"].partition(";")'
  ])('a planted fault is found: %s', line => {
    expect(line).toMatch(PARSED);
  });
});
