import { array, assert, integer, property } from 'fast-check';
import { Heap } from './heap';

describe('Heap', () => {
  it('gives everything back, the least first', () => {
    assert(
      property(array(integer()), values => {
        const heap = new Heap<number>((a, b) => a - b);
        values.forEach(value => heap.push(value));
        const out: number[] = [];
        for (let next = heap.pop(); next !== undefined; next = heap.pop()) {
          out.push(next);
        }
        expect(out).toEqual([...values].sort((a, b) => a - b));
        expect(heap.peek()).toBeUndefined();
      })
    );
  });
});
