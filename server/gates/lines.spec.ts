import fc from 'fast-check';

import { LINE_BYTES_MAX } from '../protocol/gate';
import { LineReader } from './lines';

/** Everything that can be heard now. */
function heardBy(reader: LineReader): string[] {
  const heard: string[] = [];
  for (let line = reader.next(); line; line = reader.next()) {
    heard.push(line === 'too long' ? '(too long)' : line.text);
  }
  return heard;
}

describe('LineReader', () => {
  it('hears the same lines however the bytes are cut, and whenever it is asked', () => {
    const line = fc.string({ unit: 'grapheme' }).map(text => text.replace(/\n/g, ' '));
    const cut = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(line), fc.array(cut), (lines, cuts) => {
        const bytes = Buffer.from(lines.map(it => `${it}\n`).join(''));
        const heard: string[] = [];
        const reader = new LineReader();
        let at = 0;
        for (const [length, isAsked] of cuts) {
          reader.push(bytes.subarray(at, at + length));
          at = Math.min(bytes.length, at + length);
          isAsked && heard.push(...heardBy(reader));
        }
        reader.push(bytes.subarray(at));
        heard.push(...heardBy(reader));
        expect(heard).toEqual(lines.filter(Boolean));
        expect(reader.isLeft).toBe(false);
      })
    );
  });

  it('cuts one line at a time, and says whether something is left', () => {
    const reader = new LineReader();
    reader.push(Buffer.from('one\n\ntwo\nthr'));
    expect(reader.next()).toEqual({ text: 'one', bytes: 3 });
    expect(reader.isLeft).toBe(true);
    expect(reader.next()).toEqual({ text: 'two', bytes: 3 });
    expect(reader.next()).toBeNull();
    expect(reader.isLeft).toBe(false);
    expect(reader.heldBytes).toBeGreaterThanOrEqual(3);
  });

  it('reads a line of the longest length, and refuses one byte more, once', () => {
    const reader = new LineReader();
    reader.push(Buffer.from(`${'x'.repeat(LINE_BYTES_MAX)}\n`));
    expect(heardBy(reader)[0]).toHaveLength(LINE_BYTES_MAX);
    const heard: string[] = [];
    for (let chunk = 0; chunk < 40; chunk += 1) {
      reader.push(Buffer.alloc(LINE_BYTES_MAX / 4, 'y'));
      heard.push(...heardBy(reader));
    }
    reader.push(Buffer.from('\nhello\n'));
    expect([...heard, ...heardBy(reader)]).toEqual(['(too long)']);
    expect(reader.heldBytes).toBe(0);
  });

  it('holds little more than what came of a line, however small the pieces', () => {
    const reader = new LineReader();
    for (let bytes = 1; bytes <= 3000; bytes += 1) {
      reader.push(Buffer.from('x'));
      expect(reader.next()).toBeNull();
      expect(reader.heldBytes).toBeLessThanOrEqual(Math.max(1024, 2 * bytes));
    }
    reader.push(Buffer.from('\n'));
    expect(heardBy(reader)).toHaveLength(1);
    expect(reader.heldBytes).toBe(0);
  });
});
