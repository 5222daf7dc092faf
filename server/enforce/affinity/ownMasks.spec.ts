import { FakeMachine } from '../../testing/fakeMachine';
import { OwnMasks } from './ownMasks';

const ROOT = 1;
const PLACED = 2;
const THREAD = 3;
const GONE = 4;

describe('what a thread chose itself', () => {
  let masks: OwnMasks;

  beforeEach(() => {
    const isPlaced = (tid: number) => tid === PLACED;
    masks = new OwnMasks(
      new FakeMachine({ layout: 'none' }),
      ROOT,
      [0, 1, 2, 3],
      isPlaced,
      [0, 1, 2, 3]
    );
  });

  it('[ENF8] is not what it was given, nor where its busy threads were placed', () => {
    masks.gave([1]);
    masks.see(THREAD, [1]);
    masks.see(PLACED, [2]);
    expect([THREAD, PLACED].map(tid => masks.under(tid, [1, 2]))).toEqual([
      [1, 2],
      [1, 2]
    ]);
  });

  it('[ENF8] is what others were given before, when all have had something else since', () => {
    masks.give([0, 1]);
    masks.gave([2]);
    masks.see(THREAD, [0, 1]);
    expect(masks.under(THREAD, [1, 2, 3])).toEqual([1]);
  });

  it('[ENF8] is what the first process chose, for a thread that was not seen in time, and for no other', () => {
    masks.see(ROOT, [2]);
    masks.see(THREAD, [0, 1, 2, 3]);
    masks.see(GONE, null);
    expect([ROOT, THREAD, GONE].map(tid => masks.under(tid, [1, 2]))).toEqual([[2], [1, 2], [2]]);
  });
});
