import { UNFINISHED_BYTES_MAX, UNFINISHED_MS_MAX, UnfinishedLines } from './unfinished';

describe('UnfinishedLines', () => {
  let closed: string[] = [];
  let lines: UnfinishedLines;
  const half = UNFINISHED_BYTES_MAX / 2;

  beforeEach(() => {
    closed = [];
    lines = new UnfinishedLines();
  });

  const writer = (name: string) => ({ close: () => closed.push(name) });

  it('closes the one that began first when all together hold too much', () => {
    const [first, second, third] = [writer('first'), writer('second'), writer('third')];
    lines.note(first, 1, 0);
    lines.note(second, half, 1);
    lines.note(first, half, 2);
    expect(closed).toEqual([]);
    lines.note(third, half, 3);
    expect(closed).toEqual(['first']);
    lines.note(second, 0, 4);
    lines.note(first, 0, 4);
    lines.note(writer('fourth'), half, 5);
    expect(closed).toEqual(['first']);
  });

  it('closes those that take too long, counted from their first byte', () => {
    const [slow, quick] = [writer('slow'), writer('quick')];
    lines.note(slow, 1, 0);
    lines.note(slow, 2, UNFINISHED_MS_MAX);
    lines.note(quick, 1, 1);
    lines.note(quick, 0, 2);
    lines.note(quick, 1, 3);
    lines.sweep(UNFINISHED_MS_MAX);
    expect(closed).toEqual([]);
    lines.sweep(UNFINISHED_MS_MAX + 1);
    expect(closed).toEqual(['slow']);
  });
});
