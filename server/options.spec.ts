import { parseOptions } from './options';

describe('options', () => {
  it('reads every flag', () => {
    const args =
      '--dir /d --failure closed --tier none --cpus 0-3 --policy naive --log-format json --with-parent';
    expect(parseOptions([...args.split(' '), '--memory', '2 GiB', '--cgroup-root', '/g'])).toEqual({
      dir: '/d',
      failure: 'closed',
      tier: 'none',
      cgroupRoot: '/g',
      config: [],
      cpus: [0, 1, 2, 3],
      memoryBytes: 2 * 1024 ** 3,
      policy: 'naive',
      logFormat: 'json',
      system: null,
      withParent: true,
      scope: ''
    });
  });

  it('has a default for everything but the directory', () => {
    expect(parseOptions(['--dir', '/d'])).toMatchObject({
      failure: 'open',
      tier: 'auto',
      policy: 'dynamic',
      withParent: false
    });
  });

  it.each([
    ['', '--dir is missing'],
    ['--dir /d --cpus a-b', 'is not a CPU list'],
    ['--dir /d --memory lots', '--memory is "lots"; expected an amount'],
    ['--dir /d --speed 9', "Unknown option '--speed'"],
    ['--dir /d more', "Unexpected argument 'more'"]
  ])('refuses "%s"', (line, why) => {
    expect(() => parseOptions(line.split(' ').filter(Boolean))).toThrow(why);
  });
});
