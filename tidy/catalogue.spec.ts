import { CATALOGUE, type RefusalCode } from '../server/protocol/catalogue';
import { OTHERWISE } from '../server/protocol/otherwise';
import { ENGLISH } from '../server/protocol/phrases';
import { tracked } from './sources';

/** The rows that SPEC.md must have, in the catalogue's order. */
function expected(): string[] {
  return Object.entries(CATALOGUE).map(
    ([code, { status, sentence }]) => `| ${code} | ${status} | ${sentence(ENGLISH.trans)} |`
  );
}

/** The rows of the table below a heading of SPEC.md. */
function documented(heading: string): string[] {
  const spec = tracked(/^SPEC\.md$/)[0]!.text;
  const section = spec.slice(spec.indexOf(`\n## ${heading}\n`)).split('\n## ')[1]!;
  return section
    .split('\n')
    .filter(line => /^\| [A-Z_]+ +\|/.test(line))
    .map(line => line.replace(/ +\|/g, ' |').replace(/\| +/g, '| '));
}

describe('the catalogue of refusals', () => {
  it('[API1] is listed in SPEC.md as the code has it, and nothing else is', () => {
    expect(documented('Refusals')).toEqual(expected());
  });

  it.each([
    ['cell', 'Refusals of forked cells'],
    ['worker', 'Refusals of workers'],
    ['command', 'Refusals of commands']
  ] as const)('[API1] is listed as it speaks of a %s, too', (of, heading) => {
    const rows = Object.entries(OTHERWISE[of]).map(
      ([code, said]) => `| ${code} | ${said(ENGLISH.trans)} |`
    );
    expect(documented(heading)).toEqual(rows);
  });

  it('[API1] is repeated word for word where no sidecar can be asked', () => {
    const { text } = tracked(/^jupyterlab_cellgrant\/proxy\.py$/)[0]!;
    const entries = [...text.matchAll(/"([A-Z_]+)": \(\s*(\d{3}),\s*"([^"]*)",?\s*\)/g)];
    expect(entries).toHaveLength(3);
    for (const [, code, status, sentence] of entries) {
      const its = CATALOGUE[code as RefusalCode];
      expect([code, Number(status), sentence]).toEqual([
        code,
        its.status,
        its.sentence(ENGLISH.trans)
      ]);
    }
  });

  it('speaks in whole sentences', () => {
    // Where all of it is told by who refuses, that is a sentence of its own.
    for (const { sentence } of Object.values(CATALOGUE)) {
      expect(sentence(ENGLISH.trans)).toMatch(/^([A-Z].*\.|\{why\})$/);
    }
  });
});
