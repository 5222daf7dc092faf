import { Ration, type Share } from './ration';

const turn = () => new Promise(resolve => setImmediate(resolve));

describe('Ration', () => {
  let clockMs = 0;
  let served: string[] = [];

  beforeEach(() => {
    clockMs = 0;
    served = [];
  });

  /** Serving takes as many ms as the name says behind a colon. */
  function ration(share: Partial<Share>): Ration<string> {
    const whole = { ms: 10, jobs: 100, pauseMs: 0, ...share };
    const mine = served;
    const serve = (name: string) => {
      mine.push(name);
      clockMs += Number(name.split(':')[1] ?? 0);
    };
    return new Ration(whole, serve, () => clockMs);
  }

  it('serves at once as long as something of the turn is left, then in order, turn by turn', async () => {
    const it = ration({});
    for (const name of ['a:4', 'b:6', 'c:20', 'd:1']) {
      it.add(name);
    }
    expect(served).toEqual(['a:4', 'b:6']);
    await turn();
    expect(served.slice(2)).toEqual(['c:20']);
    await turn();
    expect(served.slice(3)).toEqual(['d:1']);
    await turn();
    it.add('e');
    expect(served.at(-1)).toBe('e');
  });

  it('begins no more in a turn than may be, however little it takes', async () => {
    const it = ration({ jobs: 2 });
    ['a', 'b', 'c', 'd', 'e'].forEach(name => it.add(name));
    expect(served).toEqual(['a', 'b']);
    await turn();
    expect(served).toEqual(['a', 'b', 'c', 'd']);
  });

  it('serves nothing twice that waits once', async () => {
    const it = ration({ jobs: 1 });
    ['a', 'b', 'b', 'c'].forEach(name => it.add(name));
    for (let n = 0; n < 5; n += 1) {
      await turn();
    }
    expect(served).toEqual(['a', 'b', 'c']);
  });

  it('lets whoever comes again while it is served wait for the next turn', async () => {
    let left = 3;
    const again: Ration<string> = new Ration({ ms: 10, jobs: 100, pauseMs: 0 }, name => {
      served.push(name);
      (left -= 1) > 0 && again.add(name);
    });
    again.add('more');
    again.add('other');
    expect(served).toEqual(['more']);
    await turn();
    expect(served.slice(1, 3).sort()).toEqual(['more', 'other']);
  });

  it('rests once where it is told to', () => {
    jest.useFakeTimers();
    try {
      const it = ration({ jobs: 1 });
      it.rest(5);
      ['a', 'b', 'c'].forEach(name => it.add(name));
      jest.advanceTimersByTime(4);
      expect(served).toEqual(['a']);
      jest.advanceTimersByTime(1);
      expect(served).toEqual(['a', 'b']);
      jest.advanceTimersByTime(1);
      expect(served).toEqual(['a', 'b', 'c']);
    } finally {
      jest.useRealTimers();
    }
  });

  it('rests between its turns where it is to', () => {
    jest.useFakeTimers();
    try {
      const it = ration({ jobs: 1, pauseMs: 5 });
      ['a', 'b', 'c'].forEach(name => it.add(name));
      jest.advanceTimersByTime(4);
      expect(served).toEqual(['a']);
      jest.advanceTimersByTime(1);
      expect(served).toEqual(['a', 'b']);
      jest.advanceTimersByTime(5);
      expect(served).toEqual(['a', 'b', 'c']);
    } finally {
      jest.useRealTimers();
    }
  });
});
