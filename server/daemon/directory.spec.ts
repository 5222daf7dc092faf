import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs';
import { join } from 'node:path';

import { digest } from '../enforce/cgroup/group';
import type { GateGrant } from '../protocol/gate';
import type { Snapshot } from '../protocol/view';
import { SmallDisk } from '../testing/faults/smallDisk';
import { TestConnection, type TestKernel } from '../testing/gate';
import { groupsMatching } from '../testing/places';
import {
  exitOf,
  spawnSidecar,
  textOf,
  type Surroundings,
  type TestSidecar
} from '../testing/sidecar';
import { Stage } from '../testing/stage';

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;
const NOBODY = 65534;

const FILES = ['kernels.json', 'masks.json', 'spread.json', 'defaults.json', 'notebooks.json'];

/** Resolves when this is true; the test's own time limit is the bound. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

/** Whether a socket of a sidecar is there, for its owner alone. */
function isSealed(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts?.isSocket() === true && (facts.mode & 0o777) === 0o600;
}

/** The cgroups of a process, as the kernel tells them. */
function cgroupsOf({ pid }: { readonly pid: number }): string {
  return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
}

describe('what a sidecar finds in its directory', () => {
  let stage: Stage;
  let dir: string;

  beforeEach(() => {
    stage = new Stage();
    dir = stage.directory();
  });

  afterEach(() => stage.clear());

  it.each([
    ['pipes', (path: string) => execFileSync('mkfifo', [path])],
    ['directories', (path: string) => mkdirSync(join(path, 'full'), { recursive: true })],
    ['links', (path: string) => symlinkSync('/etc/hostname', path)]
  ])('[SEC4] does not keep it from starting: %s in place of its files', async (_kind, make) => {
    FILES.forEach(it => make(join(dir, it)));
    const sidecar = await stage.sidecarIn(dir, '--memory', '4 GiB');
    const kernel = await stage.connected(sidecar);
    kernel.claim('one', { cpus: 1 });
    await kernel.gate.hear('granted', 'one');
    for (const name of FILES) {
      expect(sidecar.log.split(`${name} is ignored: it is `)).toHaveLength(2);
    }
    expect(readFileSync('/etc/hostname', 'utf8')).not.toContain('{');
  });

  /** How a start ends that cannot be; one sentence, and no trace of the program. */
  async function refusalIn(around: Surroundings): Promise<string> {
    const child = spawnSidecar(['--dir', around.dir], around);
    const [code, said] = await Promise.all([exitOf(child), textOf(child.stderr!)]);
    const errors = said.split('\n').filter(it => !it.includes(' cellgrant warning: '));
    expect(errors).toEqual([expect.stringMatching(/ cellgrant error: .*name another/), '']);
    expect(code).toBe(2);
    return said;
  }

  it.each(['gate.sock', 'api.sock', 'listening.lock'])(
    '[SEC4] ends the start with a sentence where %s is a directory',
    async name => {
      mkdirSync(join(dir, name));
      expect(await refusalIn({ dir })).toContain(`${dir}/${name} cannot be used (EISDIR): remove`);
    }
  );

  it.each([
    ['ro', /cannot be used \(EROFS\): mount its file system for writing/],
    ['nr_inodes=1', /lock cannot be used \(ENOSPC\): free space or inodes/],
    ['nr_inodes=2', /api.sock cannot be used \(ENOSPC\): free space or inodes/]
  ])('[SEC4] ends the start with a sentence on a disk that is %s', async (options, words) => {
    const disk = await SmallDisk.over(dir, options);
    if (disk) {
      stage.keep(disk);
      expect(await refusalIn({ dir, root: disk.root, through: disk.through })).toMatch(words);
      const lineage = digest(`${process.getuid!()}:${dir}`);
      expect(groupsMatching(it => it.includes(lineage))).toEqual([]);
    }
  });

  asRoot('[SEC4] ends the start with a sentence where a user may not write', async () => {
    const through = ['setpriv', '--reuid', `${NOBODY}`, '--clear-groups'];
    const outer = stage.directory();
    const said = await refusalIn({ dir: join(outer, 'own'), through });
    expect(said).toMatch(/own cannot be used \(EACCES\): let this user write there/);
  });

  asRoot('[SEC4] is written by root through nothing that its owner puts there', async () => {
    execFileSync('chown', [`${NOBODY}`, dir]);
    const sidecar = await stage.sidecarIn(dir, '--memory', '4 GiB');
    const victim = mkdtempSync('/tmp/cg-');
    renameSync(dir, `${dir}.away`);
    symlinkSync(victim, dir);
    await sidecar.ask('PUT', '/api/v1/defaults', '{"cpus":1}').catch(() => undefined);
    expect(await sidecar.ended()).toBe(75);
    expect(readdirSync(victim)).toEqual([]);
    [victim, dir, `${dir}.away`].forEach(it => rmSync(it, { recursive: true }));
  });
});

describe('a sidecar whose directory goes', () => {
  let stage: Stage;
  let sidecar: TestSidecar;

  beforeEach(async () => {
    stage = new Stage();
    sidecar = await stage.sidecar();
  });

  afterEach(async () => {
    delete process.env['CELLGRANT_SCOPE'];
    await stage.clear();
  });

  const next = () => stage.sidecarIn(sidecar.dir, '--memory', '4 GiB');
  const kernelsOf = async (it: TestSidecar) =>
    ((await it.ask('GET', '/api/v1/snapshot')).body as Snapshot).holders;

  /** A running cell, as its gate would tell of it later. */
  async function running(kernel: TestKernel, id: string) {
    const claim = kernel.claim(id, { memory: '3 GiB', cpus: 1 });
    const { grant } = await kernel.gate.hear('granted', id);
    return { ...claim, granted: grant as GateGrant, agoMs: 1000 };
  }

  it.each([
    ['removed', (dir: string) => rmSync(dir, { recursive: true })],
    ['renamed', (dir: string) => renameSync(dir, `${dir}.away`)],
    [
      'replaced',
      (dir: string) => {
        renameSync(dir, `${dir}.away`);
        mkdirSync(dir);
      }
    ]
  ])('[SEC5] ends where it is %s, and the next one knows its kernels', async (_how, lose) => {
    const kernel = await stage.connected(sidecar);
    const before = cgroupsOf({ pid: process.pid });
    const silent = stage.kernel();
    const launcher = await TestConnection.open(sidecar);
    launcher.say({ type: 'register', ...silent.process });
    await launcher.hear('registered');
    const held = await running(kernel, 'held');
    lose(sidecar.dir);
    await kernel.gate.closed();
    expect(await sidecar.ended()).toBe(75);
    expect(sidecar.log).toContain(`stopping: ${sidecar.dir} was removed or replaced`);
    expect(sidecar.places()).toEqual([]);
    expect(cgroupsOf(kernel)).toBe(before);

    const other = await next();
    expect((await kernelsOf(other)).map(it => it.id).sort()).toEqual([kernel.id, silent.id].sort());
    // What the first one granted is waited for, and not granted twice.
    const hasty = await stage.connected(other);
    hasty.claim('hasty', { memory: '3 GiB' });
    await hasty.gate.hear('waiting', 'hasty');
    await kernel.connect(other, [held]);
    await kernel.gate.settled();
    expect(hasty.gate.has('granted', 'hasty')).toBe(false);
    kernel.release('held');
    await hasty.gate.hear('granted', 'hasty');
    rmSync(`${sidecar.dir}.away`, { recursive: true, force: true });
  });

  it('[SEC5] makes its sockets again where they are removed, and keeps its connections', async () => {
    const kernel = await stage.connected(sidecar);
    const inodeOf = (path: string) => statSync(path).ino;
    const before = [sidecar.gatePath, sidecar.apiPath].map(inodeOf);
    rmSync(sidecar.gatePath);
    rmSync(sidecar.apiPath);
    writeFileSync(sidecar.apiPath, 'something else');
    await until(() => isSealed(sidecar.gatePath) && isSealed(sidecar.apiPath));
    expect([sidecar.gatePath, sidecar.apiPath].map(inodeOf)).not.toEqual(before);
    await kernel.gate.settled();
    const late = await stage.connected(sidecar);
    expect((await kernelsOf(sidecar)).map(it => it.id)).toEqual([kernel.id, late.id]);
  });

  it('[SEC5] goes on where a socket cannot be made again, and says so once', async () => {
    const kernel = await stage.connected(sidecar);
    rmSync(sidecar.gatePath);
    mkdirSync(sidecar.gatePath);
    await until(() => sidecar.log.includes('gate.sock cannot be used'));
    // It has looked again by the time that this one is there.
    rmSync(sidecar.apiPath);
    await until(() => isSealed(sidecar.apiPath));
    await kernel.gate.settled();
    rmSync(sidecar.gatePath, { recursive: true });
    await until(() => isSealed(sidecar.gatePath));
    await stage.connected(sidecar);
    expect(sidecar.log.split('gate.sock cannot be used')).toHaveLength(2);
  });

  it('[SEC5] [ENF4] leaves kernels to the next one at its path where it was killed', async () => {
    const [kernel, silent] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    const free = cgroupsOf({ pid: process.pid });
    const held = await running(kernel, 'held');
    const placed = cgroupsOf(kernel);
    await sidecar.kill();
    // Not removed: a directory that is made then may be the same to the kernel.
    renameSync(sidecar.dir, `${sidecar.dir}.away`);
    const other = await next();
    expect(cgroupsOf(kernel)).toBe(placed);
    const hasty = await stage.connected(other);
    hasty.claim('hasty', { memory: '3 GiB' });
    if (placed !== free) {
      await hasty.gate.hear('waiting', 'hasty');
    }
    await kernel.connect(other, [held]);
    await kernel.gate.settled();
    if (placed !== free) {
      expect(cgroupsOf(kernel)).not.toBe(placed);
      // Nobody speaks for the other one, which then is nobody's.
      await until(() => cgroupsOf(silent) === free);
    }
    await until(() => sidecar.places().length === 0);
    expect(hasty.gate.has('granted', 'hasty')).toBe(false);
    rmSync(`${sidecar.dir}.away`, { recursive: true });
  });

  it('[SEC5] [ENF11] keeps others out until it has ended', async () => {
    sidecar.signal('SIGSTOP');
    renameSync(sidecar.dir, `${sidecar.dir}.away`);
    await expect(next()).rejects.toThrow(
      `a sidecar of this user (pid ${sidecar.pid}) served a directory that was ${sidecar.dir}`
    );
    sidecar.signal('SIGCONT');
    expect(await sidecar.ended()).toBe(75);
    await next();
    rmSync(`${sidecar.dir}.away`, { recursive: true });
  });

  it('[SEC5] is not touched by one at the same path, however long it hangs', async () => {
    // As in containers that share the path: one does not hear of the other.
    process.env['CELLGRANT_SCOPE'] = 'another-machine';
    const kernel = await stage.connected(sidecar);
    await running(kernel, 'held');
    const [placed, mask] = [cgroupsOf(kernel), kernel.mask()];
    sidecar.signal('SIGSTOP');
    renameSync(sidecar.dir, `${sidecar.dir}.away`);
    const other = await next();
    const newcomer = await stage.connected(other);
    newcomer.claim('one', { cpus: 1 });
    await newcomer.gate.hear('granted', 'one');
    await other.stop();
    expect([cgroupsOf(kernel), kernel.mask()]).toEqual([placed, mask]);
    sidecar.signal('SIGCONT');
    expect(await sidecar.ended()).toBe(75);
    expect(cgroupsOf(kernel)).toBe(cgroupsOf({ pid: process.pid }));
    rmSync(`${sidecar.dir}.away`, { recursive: true });
  });
});
