import { readable } from './readable';

describe('readable', () => {
  it('[SEC10] leaves what a terminal obeys, and what turns the text behind it, out of a line', () => {
    expect(readable('a\u001b]0;title\u0007b\r\nc', 99)).toBe('a\ufffd]0;title\ufffdb\ufffdc');
    expect(readable('evil\u202egnp.exe\u2066', 99)).toBe('evil\ufffdgnp.exe\ufffd');
  });

  it('[SEC10] has no half of a character, though it is cut', () => {
    expect(readable('x\udcffy', 99)).toBe('x\ufffdy');
    expect(readable('ab😀', 3)).toBe('ab\ufffd');
  });

  it('keeps the letters of every language', () => {
    const names = 'Größe 日本語 עברית \u200fא 👩‍🔬.ipynb';
    expect(readable(names, 99)).toBe(names);
  });
});
