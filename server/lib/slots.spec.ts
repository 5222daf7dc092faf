import { Slots } from './slots';

describe('Slots', () => {
  function slots(max: number) {
    const displaced: string[] = [];
    return { displaced, slots: new Slots<string>(max, it => displaced.push(it)) };
  }

  it('lets a newcomer displace the one that has been idle longest', () => {
    const { displaced, slots: it } = slots(2);
    for (const name of ['a', 'b', 'c', 'd']) {
      expect(it.take(name)).toBe(true);
    }
    expect(displaced).toEqual(['a', 'b']);
  });

  it('never displaces one that has something under way', () => {
    const { displaced, slots: it } = slots(2);
    it.take('served');
    it.begin('served');
    it.take('idle');
    expect(it.take('c')).toBe(true);
    it.begin('c');
    expect(it.take('d')).toBe(false);
    expect(displaced).toEqual(['idle']);
  });

  it('counts none that is gone, and none that has no slot', () => {
    const { displaced, slots: it } = slots(1);
    it.take('a');
    it.begin('a');
    it.free('a');
    it.free('a');
    it.begin('a');
    expect(it.take('b')).toBe(true);
    expect(displaced).toEqual([]);
  });
});
