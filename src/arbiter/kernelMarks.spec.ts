import { KernelMarks } from './kernelMarks';

describe('KernelMarks', () => {
  const letters = (marks: ReturnType<KernelMarks['of']>): string =>
    [...marks].map(([id, mark]) => `${id}=${mark.letter}`).join(' ');

  it('keeps the mark of a living kernel and gives a free one to the next', () => {
    const marks = new KernelMarks();
    expect(letters(marks.of(['x', 'y', 'z']))).toBe('x=A y=B z=C');
    expect(letters(marks.of(['z', 'x']))).toBe('z=C x=A');
    expect(letters(marks.of(['w', 'z', 'x']))).toBe('z=C x=A w=B');
  });
});
