import { UNFINISHED_BYTES_MAX, UNFINISHED_MS_MAX, UnfinishedLines } from './unfinished';

describe('UnfinishedLines', () => {
  let closed: string[] = [];
  let lines: UnfinishedLines;
  const half = UNFINISHED_BYTES_MAX / 2;

  beforeEach(() => {
    closed = [];
    lines = new UnfinishedLines();
  });

  const unended = (bytes: number) => ({ bytes, isWhole: false });
  const writer = (name: string) => ({ close: () => closed.push(name) });

  it('closes the one that began first when all together hold too much', () => {
    const [first, second, third] = [writer('first'), writer('second'), writer('third')];
    lines.note(first, unended(1), 0);
    lines.note(second, unended(half), 1);
    lines.note(first, unended(half), 2);
    expect(closed).toEqual([]);
    lines.note(third, unended(half), 3);
    expect(closed).toEqual(['first']);
    lines.note(second, unended(0), 4);
    lines.note(first, unended(0), 4);
    lines.note(writer('fourth'), unended(half), 5);
    expect(closed).toEqual(['first']);
  });

  it('closes those that take too long, counted from their first byte', () => {
    const [slow, quick] = [writer('slow'), writer('quick')];
    lines.note(slow, unended(1), 0);
    lines.note(slow, unended(2), UNFINISHED_MS_MAX);
    lines.note(quick, unended(1), 1);
    lines.note(quick, unended(0), 2);
    lines.note(quick, unended(1), 3);
    lines.sweep(UNFINISHED_MS_MAX);
    expect(closed).toEqual([]);
    lines.sweep(UNFINISHED_MS_MAX + 1);
    expect(closed).toEqual(['slow']);
  });

  it('[API5] holds nothing against the writer of a whole line that waits, only its bytes', () => {
    const [patient, other] = [writer('patient'), writer('other')];
    lines.note(patient, unended(1), 0);
    lines.note(patient, { bytes: 2, isWhole: true }, 1);
    lines.sweep(UNFINISHED_MS_MAX * 10);
    expect(closed).toEqual([]);
    lines.note(patient, unended(1), UNFINISHED_MS_MAX * 10);
    lines.sweep(UNFINISHED_MS_MAX * 11);
    expect(closed).toEqual([]);
    lines.sweep(UNFINISHED_MS_MAX * 11 + 1);
    expect(closed).toEqual(['patient']);
    lines.note(patient, { bytes: half, isWhole: true }, 0);
    lines.note(other, { bytes: half + 1, isWhole: true }, 1);
    expect(closed).toEqual(['patient', 'patient']);
  });
});
