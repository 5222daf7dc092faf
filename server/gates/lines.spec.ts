import fc from 'fast-check';

import { LINE_BYTES_MAX } from '../protocol/gate';
import { LineReader } from './lines';

function readerOf(heard: string[]): LineReader {
  return new LineReader({
    onLine: text => heard.push(text),
    onTooLong: () => heard.push('(too long)')
  });
}

describe('LineReader', () => {
  it('hears the same lines however the bytes are cut', () => {
    const line = fc.string({ unit: 'grapheme' }).map(text => text.replace(/\n/g, ' '));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 9 })), (lines, cuts) => {
        const bytes = Buffer.from(lines.map(it => `${it}\n`).join(''));
        const heard: string[] = [];
        const reader = readerOf(heard);
        let at = 0;
        for (const cut of cuts) {
          reader.push(bytes.subarray(at, at + cut));
          at = Math.min(bytes.length, at + cut);
        }
        reader.push(bytes.subarray(at));
        expect(heard).toEqual(lines.filter(Boolean));
      })
    );
  });

  it('reads a line of the longest length, and refuses one byte more, once', () => {
    const heard: string[] = [];
    const reader = readerOf(heard);
    reader.push(Buffer.from(`${'x'.repeat(LINE_BYTES_MAX)}\n`));
    expect(heard.pop()).toHaveLength(LINE_BYTES_MAX);
    for (let chunk = 0; chunk < 40; chunk += 1) {
      reader.push(Buffer.alloc(LINE_BYTES_MAX / 4, 'y'));
    }
    reader.push(Buffer.from('\nhello\n'));
    expect(heard).toEqual(['(too long)']);
  });

  it('holds little more than what came of a line, however small the pieces', () => {
    const reader = readerOf([]);
    for (let bytes = 1; bytes <= 3000; bytes += 1) {
      reader.push(Buffer.from('x'));
      expect(reader.heldBytes).toBeLessThanOrEqual(Math.max(1024, 2 * bytes));
    }
    reader.push(Buffer.from('\n'));
    expect(reader.heldBytes).toBe(0);
  });
});
