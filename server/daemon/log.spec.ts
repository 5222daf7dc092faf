import { LINES_PER_SECOND, LINE_CHARS_MAX, stderrLog } from './log';

describe('the log', () => {
  let lines: string[] = [];

  beforeEach(() => {
    jest.useFakeTimers();
    lines = [];
  });

  afterEach(() => jest.useRealTimers());

  it('[API5] writes so many lines of a level in a second, and how many it left out', () => {
    const log = stderrLog(
      () => 'text',
      line => lines.push(line)
    );
    const max = LINES_PER_SECOND.info;
    for (let n = 0; n < 1000; n += 1) {
      log('info', `flood ${n}`);
    }
    log('warning', 'of another level');
    expect(lines).toHaveLength(max + 1);
    expect(lines.at(-1)).toMatch(/^\S+ cellgrant warning: of another level\n$/);
    jest.advanceTimersByTime(1000);
    expect(lines).toHaveLength(max + 2);
    expect(lines.at(-1)).toContain(`cellgrant info: ${1000 - max} more lines within a second`);
    log('info', 'next');
    expect(lines.at(-1)).toContain('next');
    jest.advanceTimersByTime(1000);
    expect(lines).toHaveLength(max + 3);
  });

  it('writes a sentence as one line, and no longer than is read', () => {
    const log = stderrLog(
      () => 'text',
      line => lines.push(line)
    );
    log('error', `a mistake\n  at here\n${'x'.repeat(2 * LINE_CHARS_MAX)}`);
    expect(lines[0]).toContain('a mistake | at here | xxx');
    expect(lines[0]!.length).toBeLessThan(LINE_CHARS_MAX + 100);
    expect(lines[0]!.split('\n')).toHaveLength(2);
  });

  it('[OBS3] writes an object a line where that is wanted', () => {
    const log = stderrLog(
      () => 'json',
      line => lines.push(line)
    );
    log('warning', 'a "name"\nin two lines');
    expect(lines[0]).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(lines[0]!)).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      program: 'cellgrant',
      level: 'warning',
      message: 'a "name"\nin two lines'
    });
  });
});
