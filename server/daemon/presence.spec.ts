import { spawn } from 'node:child_process';
import { chownSync, lstatSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';

import { DiskFiles } from '../host/files';
import { onlyName, ownName } from '../host/namedSidecars';
import type { Snapshot } from '../protocol/view';
import { TestSidecar, exitOf, spawnSidecar, textOf } from '../testing/sidecar';
import { Stage } from '../testing/stage';

/** A user who has no processes but ours. */
const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];

const asRoot = process.getuid?.() === 0 ? it : it.skip;
const withTwoCpus = availableParallelism() > 1 ? it : it.skip;

describe('sidecars on one node', () => {
  let stage: Stage;
  const uid = process.getuid?.() ?? 0;
  let count = 0;

  beforeEach(() => {
    stage = new Stage();
    process.env['CELLGRANT_SCOPE'] = `presence-${process.pid}-${(count += 1)}`;
  });

  afterEach(async () => {
    await stage.clear();
    delete process.env['CELLGRANT_SCOPE'];
  });

  /** Resolves to the notices of a sidecar once they are as wanted. */
  async function notices(
    sidecar: TestSidecar,
    areWanted: (notices: string) => boolean
  ): Promise<string> {
    for (;;) {
      const { body } = await sidecar.ask('GET', '/api/v1/snapshot');
      const told = (body as Snapshot).node.notices.join(' ');
      if (areWanted(told)) {
        return told;
      }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  /** A process of nobody's that has sockets of these names. */
  async function squatter(...names: readonly string[]): Promise<void> {
    const listen = `for (const it of JSON.parse(process.argv[1])) {
      require('net').createServer().listen(it, () => console.log('has it'));
    }`;
    const [program = '', ...words] = NOBODY;
    const command = [...words, process.execPath, '-e', listen, JSON.stringify(names)];
    const child = spawn(program, command, { stdio: ['ignore', 'pipe', 'inherit'] });
    stage.keep({ child });
    let said = '';
    for await (const chunk of child.stdout) {
      said += String(chunk);
      if (said.split('has it').length > names.length) {
        return;
      }
    }
  }

  /** A sidecar of nobody's. */
  async function another(): Promise<TestSidecar> {
    const dir = stage.directory();
    chownSync(dir, 65534, 65534);
    return stage.adopt(await TestSidecar.startIn({ dir, through: NOBODY }, '--tier', 'none'));
  }

  /** What one says that is started in a directory of its own, and its exit code. */
  async function refused(...args: readonly string[]) {
    const child = spawnSidecar(['--dir', stage.directory(), ...args]);
    const [code, told, answered] = await Promise.all([
      exitOf(child),
      textOf(child.stderr!),
      textOf(child.stdout!)
    ]);
    return { code, told, answer: JSON.parse(answered) as unknown };
  }

  /** Whether a path leads to a socket. */
  const isSocket = (path: string) => statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;

  it('[ENF11] are one of each user: the second tells where the first is', async () => {
    const first = await stage.sidecar('--failure', 'closed');
    const { code, told, answer } = await refused();
    expect(code).toBe(3);
    expect(told).toContain(`serves ${first.dir} already (pid ${first.pid})`);
    expect(told).toContain('set CELLGRANT_DIR to that directory');
    expect(answer).toEqual({ ready: false, served: { directory: first.dir, failure: 'closed' } });
    await first.kill();
    const second = await stage.sidecar();
    await second.stop();
    await stage.sidecarIn(first.dir); // which clears what the killed one left
  });

  it('[ENF11] are reached from the directory of one that gave way, by who knows that one alone', async () => {
    const first = await stage.sidecar();
    const dir = stage.directory();
    const giveWay = async (...args: readonly string[]) => {
      const child = spawnSidecar(['--dir', dir, ...args]);
      const [code, answered] = await Promise.all([exitOf(child), textOf(child.stdout!)]);
      return { code, answered };
    };
    const led = () => ['gate.sock', 'api.sock'].map(it => isSocket(join(dir, it)));
    expect((await giveWay('--failure', 'closed')).code).toBe(3);
    expect(led()).toEqual([false, false]); // whoever fails in another way is not to be led there
    await giveWay();
    expect(led()).toEqual([true, true]);
    // Nor is one that is started there again taken in by that.
    const again = await giveWay();
    expect([again.code, JSON.parse(again.answered)]).toEqual([
      3,
      { ready: false, served: { directory: first.dir, failure: 'open' } }
    ]);
    expect(led()).toEqual([true, true]);
    await first.stop();
    const second = await stage.sidecarIn(dir);
    expect((await second.ask('GET', '/api/v1/node')).status).toBe(200);
    expect(lstatSync(join(dir, 'gate.sock')).isSocket()).toBe(true);
    await second.stop();
    await stage.sidecarIn(relative(process.cwd(), stage.directory()));
    expect((await giveWay()).code).toBe(3);
    expect(led()).toEqual([false, false]); // what is relative leads elsewhere from there
  });

  it('[SEC5] leave a kernel that came from one that is gone, at their end, free of what that one wrote', async () => {
    const first = await stage.sidecar();
    const kernel = await stage.connected(first);
    const before = kernel.mask();
    kernel.claim('cell', { cpus: 1 });
    await kernel.gate.hear('granted', 'cell');
    await first.kill();
    const second = await stage.sidecar();
    await kernel.connect(second);
    await second.stop();
    expect(kernel.mask()).toBe(before);
    await stage.sidecarIn(first.dir); // which clears what the killed one left
  });

  it('[ENF11] are one of each user also where several are started at once', async () => {
    const racers = Array.from({ length: 4 }, () =>
      TestSidecar.start(stage.directory()).catch(why => String(why))
    );
    const winners = (await Promise.all(racers)).filter(it => it instanceof TestSidecar);
    winners.forEach(it => stage.adopt(it));
    expect(winners).toHaveLength(1);
  });

  asRoot('[ENF11] of other users are told for as long as they run', async () => {
    const own = await stage.sidecar();
    expect(await notices(own, () => true)).toBe('');
    const theirs = await another();
    const told = await notices(own, it => it.includes('sidecar'));
    expect(told).toContain('Another sidecar runs on this node, of nobody: ');
    expect(await notices(theirs, it => it.includes('sidecar'))).toContain('of root');
    await theirs.stop();
    expect(await notices(own, it => !it.includes('sidecar'))).toBe('');
    expect(own.log).toContain('Another sidecar runs on this node');
    expect(own.log).toContain('no other sidecar runs on this node any more');
  });

  asRoot('[ENF11] are kept from nothing by somebody who takes their names', async () => {
    const scope = process.env['CELLGRANT_SCOPE'] ?? '';
    const theirs = await another();
    const names = [1, process.pid, theirs.pid].map(pid => ownName(scope, uid, pid));
    await squatter(onlyName(new DiskFiles(), scope, uid), ...names);
    const first = await stage.sidecar();
    const told = await notices(first, () => true);
    expect(told).toContain('Another process has taken the name');
    await notices(first, it => it.includes('Another sidecar runs on this node, of nobody'));
    await theirs.stop();
    await notices(first, it => !it.includes('runs on this node'));
  });

  it('[ENF11] of another scope are not theirs', async () => {
    const first = await stage.sidecar();
    process.env['CELLGRANT_SCOPE'] = `${process.env['CELLGRANT_SCOPE']}-other`;
    await stage.sidecar();
    expect(await notices(first, () => true)).toBe('');
    process.env['CELLGRANT_SCOPE'] = 'no scope';
    const child = spawnSidecar(['--dir', stage.directory()]);
    const [code, said] = await Promise.all([exitOf(child), textOf(child.stderr!)]);
    expect([code, said]).toEqual([2, expect.stringContaining('CELLGRANT_SCOPE is "no scope"')]);
  });

  withTwoCpus(
    '[ENF11] that have no CPU in common, as those of two batch jobs, are on two nodes',
    async () => {
      const on = (cpu: number) => ({
        dir: stage.directory(),
        through: ['taskset', '-c', `${cpu}`]
      });
      const first = stage.adopt(await TestSidecar.startIn(on(0)));
      const second = stage.adopt(await TestSidecar.startIn(on(1)));
      expect(await notices(second, () => true)).toBe('');
      const { code, told } = await refused();
      expect(code).toBe(3);
      expect([first, second].some(it => told.includes(`pid ${it.pid}`))).toBe(true);
    }
  );

  it('[ENF11] hear nobody at their names', async () => {
    await stage.sidecar();
    const socket = connect(onlyName(new DiskFiles(), process.env['CELLGRANT_SCOPE'] ?? '', uid));
    socket.resume();
    await new Promise(resolve => socket.once('close', resolve));
  });
});
