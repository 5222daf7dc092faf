import { UsageError, count, flag, only, path, readOptions, seed, writtenOf } from './options';

const OPTIONS = {
  rounds: count('rounds', 9, 3),
  n: count('of each', 1000, 200),
  only: only('one flood', ['hellos', 'half lines']),
  json: path('where to'),
  busy: flag('less', { quick: true }),
  report: flag('a report')
};

const read = (line: readonly string[], isQuick = false) => readOptions(OPTIONS, line, isQuick);

describe('readOptions', () => {
  it('gives what is not said, for a full run and for a quick one', () => {
    const rest = { only: null, json: null, report: false };
    expect(read([])).toEqual({ rounds: 9, n: 1000, busy: false, ...rest });
    expect(read([], true)).toEqual({ rounds: 3, n: 200, busy: true, ...rest });
  });

  it('reads what is said, in any order, the last of two', () => {
    const line = '--report -n 50 --json out.json --rounds 2 --rounds 4'.split(' ');
    expect(read([...line, '--only', 'half lines'], true)).toEqual({
      rounds: 4,
      n: 50,
      only: 'half lines',
      json: 'out.json',
      busy: true,
      report: true
    });
  });

  it.each([
    [['--rouds', '3'], '"--rouds" is not an option here. There are --rounds COUNT, -n COUNT'],
    [['7'], '"7" is not an option here.'],
    [['--rounds'], '--rounds needs a whole number of at least 1, such as 9, behind it.'],
    [['--rounds', '--report'], '--rounds needs a whole number of at least 1'],
    [
      ['--rounds', '0'],
      '--rounds is "0", but a whole number of at least 1, such as 9, was expected.'
    ],
    [['-n', '1e3'], '-n is "1e3", but a whole number'],
    [['--only', 'hello'], '--only is "hello", but one of hellos, half lines was expected.'],
    [['--json'], '--json needs a path behind it.']
  ])('refuses %j with what was wrong and what was expected', (line, message) => {
    expect(() => read(line)).toThrow(UsageError);
    expect(() => read(line)).toThrow(message);
  });

  it('has a seed that can be said again', () => {
    const options = { seed: seed() };
    const { seed: unsaid } = readOptions(options, [], false);
    expect(readOptions(options, ['--seed', `${unsaid}`], true)).toEqual({ seed: unsaid });
    expect(readOptions(options, ['--seed', '0'], true)).toEqual({ seed: 0 });
  });
});

describe('writtenOf', () => {
  it('gives names of one letter one dash, and says what stands behind', () => {
    const written = Object.entries(OPTIONS).map(([name, it]) => writtenOf(name, it));
    expect(written).toEqual([
      '--rounds COUNT',
      '-n COUNT',
      '--only NAME',
      '--json PATH',
      '--busy',
      '--report'
    ]);
  });
});
