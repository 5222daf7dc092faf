import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { TestSidecar, exitOf, spawnSidecar, textOf } from './testing/sidecar';
import { Stage } from './testing/stage';

describe('the sidecar process', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.clear());

  it('[ENF2] restores everything at a graceful stop', async () => {
    const sidecar = await stage.sidecar();
    const kernel = await stage.connected(sidecar);
    const before = readFileSync(`/proc/${process.pid}/cgroup`, 'utf8');
    const mask = kernel.mask();
    kernel.claim('running', { cpus: 1, memory: '1 GiB' });
    await kernel.gate.hear('granted', 'running');
    expect(await sidecar.stop()).toBe(0);
    await kernel.gate.closed();
    expect(kernel.mask()).toBe(mask);
    expect(readFileSync(`/proc/${kernel.pid}/cgroup`, 'utf8')).toBe(before);
    expect(sidecar.places()).toEqual([]);
    expect(() => statSync(sidecar.gatePath)).toThrow('ENOENT');
    expect(() => statSync(sidecar.apiPath)).toThrow('ENOENT');
  });

  it('[ENF2] restores everything when its parent is gone', async () => {
    const dir = stage.directory();
    const child = spawnSidecar(['--dir', dir, '--with-parent']);
    await new Promise(resolve => child.stdout!.once('data', resolve));
    child.stdin!.end();
    expect(await exitOf(child)).toBe(0);
    expect(() => statSync(join(dir, 'gate.sock'))).toThrow('ENOENT');
  });

  it('opens its directory and its sockets to their owner only', async () => {
    const sidecar = await stage.sidecar();
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(modeOf(sidecar.dir)).toBe('700');
    expect(modeOf(sidecar.gatePath)).toBe('600');
    expect(modeOf(sidecar.apiPath)).toBe('600');
  });

  const asRoot = process.getuid?.() === 0 ? it : it.skip;
  asRoot('[SEC1] lets no other user in, to see or to cancel', async () => {
    const sidecar = await stage.sidecar();
    for (const path of [sidecar.gatePath, sidecar.apiPath]) {
      const script = `require('net').connect('${path}').on('error', e => console.log(e.code))`;
      const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
      const tried = spawnSync('setpriv', [...nobody, process.execPath, '-e', script]);
      expect(tried.stdout.toString().trim()).toBe('EACCES');
    }
  });

  it('[SEC1] keeps and shows nothing of a cell’s code', async () => {
    const sidecar = await stage.sidecar();
    const kernel = await stage.connected(sidecar);
    const secret = 'password = 42';
    const line = { type: 'claim', id: 'c', label: '[7]', sources: {}, code: secret };
    kernel.gate.write(`${JSON.stringify(line)}\n`);
    await kernel.gate.hear('granted', 'c');
    const shown = ['/api/v1/snapshot', '/api/v1/claims/c'].map(it => sidecar.ask('GET', it));
    expect(JSON.stringify(await Promise.all(shown))).toContain('[7]');
    expect(JSON.stringify(await Promise.all(shown))).not.toContain(secret);
    expect(sidecar.log).not.toContain(secret);
  });

  it('[API3] listens on no TCP port', async () => {
    const sidecar = await stage.sidecar();
    const inodes = ['tcp', 'tcp6'].flatMap(name =>
      readFileSync(`/proc/${sidecar.pid}/net/${name}`, 'utf8')
        .split('\n')
        .slice(1)
        .map(line => line.trim().split(/\s+/)[9])
    );
    expect(sidecar.openSockets().filter(it => inodes.includes(it))).toEqual([]);
    expect(sidecar.openSockets().length).toBeGreaterThan(0);
  });

  it('gives way to another sidecar in its directory, even one started at once', async () => {
    const dir = stage.directory();
    const racers = Array.from({ length: 4 }, () =>
      TestSidecar.start(dir).catch(why => String(why))
    );
    const outcomes = await Promise.all(racers);
    const winners = outcomes.filter(it => it instanceof TestSidecar);
    winners.forEach(it => stage.adopt(it));
    expect(winners).toHaveLength(1);
    expect(outcomes.filter(it => String(it).includes('serves'))).toHaveLength(3);
    const late = spawnSidecar(['--dir', dir]);
    expect(await exitOf(late)).toBe(3);
    expect((await winners[0]!.ask('GET', '/healthz')).body).toEqual({ ok: true });
  });

  it('starts over what a killed sidecar left', async () => {
    const first = await stage.sidecar();
    await first.kill();
    const second = await stage.sidecarIn(first.dir);
    expect((await second.ask('GET', '/healthz')).status).toBe(200);
  });

  it('passes over files of its own that are damaged, and says so', async () => {
    const dir = stage.directory();
    writeFileSync(join(dir, 'defaults.json'), '{"cpus": -1}');
    writeFileSync(join(dir, 'kernels.json'), 'garbage');
    const sidecar = await stage.sidecarIn(dir);
    expect((await sidecar.ask('GET', '/api/v1/defaults')).body).toEqual({});
    expect(sidecar.log).toContain('defaults.json is ignored: "cpus" is -1');
    expect(sidecar.log).toContain('kernels.json is ignored');
  });

  it.each([
    [[], '--dir is missing'],
    [['--dir', '/tmp/x', '--memory', 'lots'], '--memory is "lots"'],
    [['--dir', '/proc/version'], 'is not a directory']
  ])('says what is wrong with %j', async (args, words) => {
    const child = spawnSidecar(args);
    const [code, said] = await Promise.all([exitOf(child), textOf(child.stderr!)]);
    expect(code).toBe(2);
    expect(said).toContain(words);
    expect(said).not.toContain('    at ');
  });

  it('says that a path is too long for a socket', async () => {
    const dir = join(stage.directory(), 'long-'.repeat(25));
    const child = spawnSidecar(['--dir', dir]);
    const [code, said] = await Promise.all([exitOf(child), textOf(child.stderr!)]);
    expect(code).toBe(2);
    expect(said).toContain('too long');
  });
});
