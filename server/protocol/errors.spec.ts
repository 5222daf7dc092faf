import { CATALOGUE, type RefusalCode } from './catalogue';
import { refusal, sentenceOf } from './errors';
import { englishOf, type Speaker } from './phrases';

describe('sentenceOf', () => {
  it('[API1] fills in the details, and says what is missing', () => {
    expect(sentenceOf(refusal('CLAIM_UNKNOWN', { id: 'c' }))).toContain('no claim "c"');
    expect(sentenceOf(refusal('CLAIM_UNKNOWN'))).toContain('"(id unknown)"');
  });

  it.each([
    ['cpus[1]', '--cpus'],
    ['gpuMemory', '--gpu-memory'],
    ['maxWait', '--max-wait']
  ])('[RUN5] calls the hint %s of a command %s', (path, option) => {
    const why = refusal('HINT_INVALID', { path, got: '7', expected: 'more' });
    expect(sentenceOf(why, englishOf('command'))).toBe(`${option} is 7; expected more.`);
    expect(sentenceOf(why, englishOf('cell'))).toBe(`The hint "${path}" is 7; expected more.`);
  });

  it.each(['worker', 'command'] as const)('[HOLD1] [RUN5] speaks of a %s as such', of => {
    const codes = Object.keys(CATALOGUE) as RefusalCode[];
    const befalls = codes.slice(0, codes.indexOf('NOT_ENFORCED') + 1);
    const said = befalls.map(code => sentenceOf(refusal(code), englishOf(of)));
    expect(said.filter(it => /this cell|the cell|kernel/i.test(it))).toEqual([]);
    expect(said.filter(it => it.includes(`his ${of}`)).length).toBeGreaterThan(8);
  });

  it('[API7] takes all its words from who speaks, whatever it refuses', () => {
    const shouted: Speaker = {
      ...englishOf('kernel'),
      trans: { __: text => text.toUpperCase(), _n: (_, many) => many.toUpperCase() }
    };
    for (const code of Object.keys(CATALOGUE) as RefusalCode[]) {
      const words = sentenceOf(refusal(code), shouted).replace(/\(\w+ unknown\)/gi, '');
      expect(words).toBe(words.toUpperCase());
    }
  });

  it('[API7] says why a grant was taken back in words of who speaks', () => {
    const to = { holderId: 'k2', holderName: 'b.ipynb' };
    const waitedMs = 10_000;
    const owed = { kind: 'owed', to, toGroup: 'b', waitedMs, group: 'a', ranMs: 70_000 } as const;
    const why = refusal('EVICTED', { why: { ...owed, victims: 'worstRecentUse' } });
    const speaker: Speaker = { ...englishOf('command'), nameOf: ({ holderId }) => `<${holderId}>` };
    expect(sentenceOf(why, speaker)).toBe(
      'The grant of this command was taken back: <k2> of group b is owed it and waited 10 s; this command of group a had run 70 s (chosen by: worst recent use).'
    );
  });

  it('[HOLD3] says of a forked cell that was killed that its kernel goes on', () => {
    const why = refusal('KILLED_AT_LIMIT', { limit: '1 GiB', kept: '' });
    expect(sentenceOf(why, englishOf('cell'))).toContain('Its kernel continues.');
  });

  it('says of a command what is said of a cell, where that is no other', () => {
    const why = refusal('TOO_MANY', { limit: 64, what: 'claims of one holder' });
    expect(sentenceOf(why, englishOf('command'))).toBe(sentenceOf(why));
  });
});
