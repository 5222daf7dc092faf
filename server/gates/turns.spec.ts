import {
  ALL,
  LINES_PER_TURN,
  STRANGERS,
  TIRESOME,
  Turns,
  type Heard,
  type ITurnTaker
} from './turns';

const turn = () => new Promise(resolve => setImmediate(resolve));

/** Time passes only here: on a busy machine, a turn of the event loop may take longer than a pause. */
const rest = async () => {
  jest.advanceTimersByTime(TIRESOME.pauseMs);
  await turn();
};

describe('Turns', () => {
  let clockMs = 0;
  let heard: string[] = [];
  let turns: Turns;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance', 'nextTick'] });
    clockMs = 0;
    heard = [];
    turns = new Turns(ALL, () => clockMs);
  });

  afterEach(() => jest.useRealTimers());

  /** Somebody with so many lines, each of which takes so long. */
  function speaker(name: string, lines: number, isGreeted: boolean, lineMs = 0): ITurnTaker {
    const mine = heard;
    return {
      isGreeted,
      hear: linesMax => {
        const now = Math.min(linesMax, lines);
        lines -= now;
        clockMs += now * lineMs;
        mine.push(`${name}${now}`);
        return lines > 0 ? 'more' : 'all';
      }
    };
  }

  /** Somebody of whom this comes when it is heard, one after the other. */
  function talker(name: string, isGreeted: boolean, comes: Heard[]): ITurnTaker {
    const mine = heard;
    return {
      isGreeted,
      hear: linesMax => {
        mine.push(`${name}${linesMax}`);
        return comes.shift() ?? 'nothing';
      }
    };
  }

  it('hears the first lines at once', () => {
    turns.offer(speaker('gate', 3, true));
    turns.offer(speaker('launcher', 1, false));
    expect(heard).toEqual(['gate3', 'launcher1']);
  });

  it('lets others have their turn before the rest of a flood', async () => {
    turns.offer(speaker('flood', LINES_PER_TURN * 2, true));
    turns.offer(speaker('late', 1, true));
    turns.offer(speaker('stranger', 1, false));
    expect(heard).toEqual([`flood${LINES_PER_TURN}`, 'stranger1']);
    await turn();
    expect(heard.slice(2)).toEqual([`flood${LINES_PER_TURN}`, 'late1']);
    await turn();
    expect(heard).toHaveLength(4);
  });

  it('bounds what hellos take of a turn, in their order, and delays no cell by them', async () => {
    for (let n = 0; n < 5; n += 1) {
      turns.offer(speaker(`stranger${n}-`, 1, false, STRANGERS.ms - 0.5));
    }
    turns.offer(speaker('honest', 1, true));
    const first = heard.length;
    expect(heard).toEqual(['stranger0-1', 'stranger1-1', 'honest1']);
    await turn();
    expect(heard.slice(first)).toEqual(['stranger2-1', 'stranger3-1']);
  });

  it('[API5] hears whoever says nothing of use seldom, few at a time, and after newcomers', async () => {
    const useless = () => Array<Heard>(50).fill('useless');
    const flood = Array.from({ length: 20 }, () => talker('flood', false, useless()));
    flood.forEach(it => turns.offer(it));
    expect(heard.length).toBeLessThanOrEqual(STRANGERS.jobs + TIRESOME.jobs);
    // They come in their turns, each time a few, and then rest.
    await turn();
    await turn();
    expect(heard.length).toBeLessThanOrEqual(STRANGERS.jobs + 2 * TIRESOME.jobs);
    while (heard.length < 3 * flood.length) {
      await rest();
    }
    const before = heard.length;
    // All are known by now for what they are: whoever comes new does not wait for them.
    turns.offer(talker('honest', false, ['all']));
    expect(heard.at(-1)).toBe('honest1');
    await turn();
    expect(heard.length - before).toBeLessThanOrEqual(1 + TIRESOME.jobs);
  });

  it('takes one back that says something of use, and a gate for a stranger that does not', async () => {
    const gate = talker('gate', true, ['useless', 'all']);
    turns.offer(gate);
    await rest();
    await rest();
    expect(heard).toEqual([`gate${LINES_PER_TURN}`, 'gate1']);
    turns.offer(gate);
    expect(heard.at(-1)).toBe(`gate${LINES_PER_TURN}`);
  });
});
