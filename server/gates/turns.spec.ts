import { LINES_PER_TURN, Turns, type ISpeaker } from './turns';

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('Turns', () => {
  let clockMs = 0;
  let heard: string[] = [];
  let turns: Turns;

  beforeEach(() => {
    clockMs = 0;
    heard = [];
    turns = new Turns(() => clockMs);
  });

  /** Somebody with so many lines, each of which takes so long. */
  function speaker(name: string, lines: number, isGreeted: boolean, lineMs = 0): ISpeaker {
    return {
      isGreeted,
      hear: linesMax => {
        const now = Math.min(linesMax, lines);
        lines -= now;
        clockMs += now * lineMs;
        heard.push(`${name}${now}`);
        return lines > 0;
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
    turns.offer(speaker('honest', 1, true));
    expect(heard).toEqual([`flood${LINES_PER_TURN}`, 'honest1']);
    await turn();
    expect(heard.slice(2)).toEqual([`flood${LINES_PER_TURN}`]);
    await turn();
    expect(heard).toHaveLength(3);
  });

  it('bounds what hellos take of a turn, in their order, and delays no cell by them', async () => {
    for (let n = 0; n < 5; n += 1) {
      turns.offer(speaker(`stranger${n}-`, 1, false, 2));
    }
    turns.offer(speaker('honest', 1, true));
    const first = heard.length;
    expect(heard.slice(0, 3)).toEqual(['stranger0-1', 'stranger1-1', 'stranger2-1']);
    expect(heard.at(-1)).toBe('honest1');
    expect(first).toBe(4);
    await turn();
    expect(heard.slice(first)).toEqual(['stranger3-1', 'stranger4-1']);
  });
});
