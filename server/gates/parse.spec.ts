import fc from 'fast-check';

import { parseLine, shownLine } from './parse';

const process = { holderId: 'k', pid: 7, startTicks: 70, name: 'a.ipynb' };

function refusalOf(value: unknown): { code: string; claimId: string | null; words: string } {
  const parsed = parseLine(typeof value === 'string' ? value : JSON.stringify(value));
  if ('message' in parsed) {
    throw new Error(`accepted: ${JSON.stringify(parsed.message)}`);
  }
  const words = Object.values(parsed.refusal.details).join(' | ');
  return { code: parsed.refusal.code, claimId: parsed.claimId, words };
}

describe('parseLine', () => {
  it('never throws, whatever the line', () => {
    const type = fc.constantFrom('claim', 'hello', 'register', 'release', 'cancel', 'ended', 'x');
    const fields = fc.record(
      {
        id: fc.jsonValue(),
        holderId: fc.jsonValue(),
        pid: fc.jsonValue(),
        holdings: fc.jsonValue()
      },
      { requiredKeys: [] }
    );
    const message = fc
      .tuple(type, fields, fc.jsonValue())
      .map(([name, some, sources]) => JSON.stringify({ type: name, ...some, sources }));
    fc.assert(
      fc.property(fc.oneof(message, fc.json(), fc.string()), line => {
        const parsed = parseLine(line);
        expect('message' in parsed || parsed.refusal.code.length > 0).toBe(true);
      }),
      { numRuns: 1000 }
    );
  });

  it('reads a claim, with null for what was not said', () => {
    expect(parseLine('{"type":"claim","id":"c","label":"[7]","sources":{},"more":1}')).toEqual({
      message: {
        type: 'claim',
        started: false,
        id: 'c',
        label: '[7]',
        cellId: null,
        sourceHash: null,
        outerId: null,
        sources: {}
      }
    });
  });

  it('[SEC10] shows names and labels as one line of characters, and leaves paths as they are', () => {
    const bad = 'a\u001b[2J\nb';
    const claim = parseLine(JSON.stringify({ type: 'claim', id: 'c', label: bad }));
    expect(claim).toMatchObject({ message: { label: 'a\ufffd[2J\ufffdb' } });
    const named = { type: 'register', ...process, name: bad, notebook: bad };
    const register = parseLine(JSON.stringify(named));
    expect(register).toMatchObject({ message: { name: 'a\ufffd[2J\ufffdb', notebook: bad } });
  });

  it('passes over words for people that are no text, and cuts long ones', () => {
    const line = JSON.stringify({ type: 'claim', id: 'c', cellId: 7, label: 'x'.repeat(999) });
    const parsed = parseLine(line);
    expect('message' in parsed && parsed.message).toMatchObject({
      cellId: null,
      label: 'x'.repeat(256)
    });
  });

  it.each([
    ['not JSON', '{"type":', 'it is not JSON'],
    ['no object', '[1]', 'expected object'],
    ['an unknown type', { type: 'dance' }, 'Invalid'],
    ['a kernel id that climbs', { type: 'prepare', holderId: '..' }, '"holderId": expected 1 to'],
    ['a kernel id with a slash', { type: 'prepare', holderId: 'a/b' }, '"holderId": expected 1 to'],
    ['a negative pid', { type: 'register', ...process, pid: -1 }, '"pid"'],
    ['a pid in words', { type: 'register', ...process, pid: '7' }, '"pid"'],
    ['an outcome of its own', { type: 'release', id: 'c', outcome: 'great' }, '"outcome"'],
    ['a token that is no text', { type: 'prepare', holderId: 'k', token: 7 }, '"token"'],
    ['a token of any length', { type: 'hello', ...process, token: 'x'.repeat(129) }, '"'],
    ['an empty claim id', { type: 'claim', id: '', sources: {} }, '"id"'],
    [
      'a grant that is none',
      { type: 'hello', protocol: 1, ...process, holdings: [{ id: 'c', agoMs: 1, granted: 5 }] },
      '"holdings.0.granted"'
    ]
  ])('refuses %s by name', (_, value, words) => {
    const found = refusalOf(value);
    expect(found).toMatchObject({ code: 'LINE_INVALID', claimId: null });
    expect(found.words).toContain(words);
  });

  it.each([
    ['tags', '{"tags":"gpus=1"}', 'tags'],
    ['a tag', '{"tags":["a",5]}', 'tags.1'],
    ['a directive', '{"directive":5}', 'directive'],
    ['sources', '"cpus"', 'sources'],
    // Deeper than JSON.stringify can write on this stack.
    ['nesting', `{"metadata":{"cpus":${'['.repeat(9000) + ']'.repeat(9000)}}}`, 'at most 32 levels']
  ])('[ADM4] answers a claim whose %s cannot be read by its id', (_, sources, words) => {
    const found = refusalOf(`{"type":"claim","id":"c","sources":${sources}}`);
    expect(found).toMatchObject({ code: 'HINT_INVALID', claimId: 'c' });
    expect(found.words).toContain(words);
  });

  it('[SEC6] shows no token of a line, whole or not', () => {
    const line = JSON.stringify({ type: 'hello', token: 'secret', name: 'x'.repeat(999) });
    for (const it of [line, line.slice(0, 30), '{"token" : "secret']) {
      expect(shownLine(it)).not.toContain('sec');
    }
    expect(shownLine(line)).toMatch(/^\{"type":"hello","token":"...","name":"x+$/);
    expect(shownLine(line)).toHaveLength(256);
  });
});
