import { UndoStack } from './disposable';

describe('UndoStack', () => {
  it('undoes in reverse order, once, whatever fails on the way', async () => {
    const seen: number[] = [];
    const stack = new UndoStack();
    stack.add(() => void seen.push(1));
    stack.add(() => {
      throw new Error('two failed');
    });
    stack.add(async () => void seen.push(3));
    await expect(stack.dispose()).rejects.toThrow('two failed');
    await stack.dispose();
    expect(seen).toEqual([3, 1]);
  });
});
