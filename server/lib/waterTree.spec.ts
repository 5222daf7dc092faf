import fc from 'fast-check';
import { Consumer, WaterTree } from './waterTree';

/** The level by trying: bisection over the definition. */
function levelByTrial(consumers: readonly Consumer[], capacity: number): number {
  let [low, high] = [0, 1e9];
  for (let round = 0; round < 200; round += 1) {
    const level = (low + high) / 2;
    const used = consumers.reduce((sum, it) => sum + Math.min(it.demand, it.weight * level), 0);
    used > capacity ? (high = level) : (low = level);
  }
  return low;
}

const consumer = fc.record({
  demand: fc.double({ min: 0.01, max: 64, noNaN: true }),
  weight: fc.double({ min: 0.1, max: 10, noNaN: true })
});

describe('WaterTree', () => {
  it('[CPU3] finds the max-min level that trying finds, through every change', () => {
    fc.assert(
      fc.property(
        fc.array(consumer, { minLength: 1, maxLength: 40 }),
        fc.array(fc.tuple(fc.nat(39), consumer, fc.boolean()), { maxLength: 40 }),
        fc.double({ min: 0.1, max: 100, noNaN: true }),
        (first, changes, capacity) => {
          const tree = new WaterTree();
          const all = first.map((it, serial) => new Consumer(it.demand, it.weight, serial));
          all.forEach(it => tree.add(it));
          for (const [index, to, leave] of changes) {
            const it = all[index % Math.max(1, all.length)];
            if (!it) {
              break;
            }
            leave ? tree.delete(it) : tree.change(it, to.demand, to.weight);
            leave && all.splice(all.indexOf(it), 1);
          }
          const demand = all.reduce((sum, it) => sum + it.demand, 0);
          expect(tree.demand).toBeCloseTo(demand, 6);
          if (demand > capacity) {
            expect(tree.level(capacity)).toBeCloseTo(levelByTrial(all, capacity), 6);
          }
        }
      )
    );
  });

  it('keeps rising where all demands are met', () => {
    const tree = new WaterTree();
    expect(tree.level(4)).toBe(0);
    tree.add(new Consumer(1, 1, 1));
    tree.add(new Consumer(3, 1, 2));
    expect([tree.level(3), tree.level(4), tree.level(6)]).toEqual([2, 3, 4]);
  });
});
