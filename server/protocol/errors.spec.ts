import { refusal, sentenceOf } from './errors';

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
    expect(sentenceOf(why, 'command')).toBe(`${option} is 7; expected more.`);
    expect(sentenceOf(why, 'cell')).toBe(`The hint "${path}" is 7; expected more.`);
  });

  it('says of a command what is said of a cell, where that is no other', () => {
    const why = refusal('TOO_MANY', { limit: 64, what: 'claims of one holder' });
    expect(sentenceOf(why, 'command')).toBe(sentenceOf(why));
  });
});
