import { Latest } from './latest';

describe('[UI11] the latest answer', () => {
  it('is that to the last question, whichever comes first', async () => {
    const latest = new Latest<number>();
    let answer: (value: number) => void = () => undefined;
    const slow = latest.ask(() => new Promise<number>(resolve => (answer = resolve)));
    await latest.ask(async () => 2);
    answer(1);
    await slow;
    expect(latest.value).toBe(2);
  });

  it('stays when a question fails, which is explained', async () => {
    const latest = new Latest<number>();
    await latest.ask(async () => 1);
    await latest.ask(() => Promise.reject(new Error('Nobody answers.')));
    expect([latest.value, latest.problem]).toEqual([1, 'Nobody answers.']);
    await latest.ask(async () => 3);
    expect([latest.value, latest.problem]).toEqual([3, null]);
  });
});
