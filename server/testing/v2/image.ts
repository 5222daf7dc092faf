import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SCENARIOS_UNIT } from './configuration';
import { packCpio, type CpioEntry } from './cpio';
import { kept } from './kept';

/** A kernel, a first root file system for it, and a disk where that is not all. */
export type Image = { readonly kernel: string; readonly initrd: string; readonly disk?: string };

/** Why the emulated machine cannot be made here; for people. */
export class ImageUnavailable extends Error {}

const KERNEL_PACKAGE = 'linux-image-cloud-amd64';
const SHELL_PACKAGE = 'busybox-static';
/** What fences GPUs there, and the libraries that it needs beside the C library. */
const BPFTOOL_PACKAGE = 'bpftool';
const BPFTOOL_LIBRARIES = ['libelf1', 'libcap2', 'zlib1g'];
const EMULATOR_PACKAGE = 'qemu-system-x86';
const EMULATOR = 'qemu-system-x86_64';

/** What the kernel is told. */
const BOOT = 'console=ttyS0 quiet loglevel=1 panic=-1 rdinit=/init random.trust_cpu=on';

/** Mounts what a system has, then runs each scenario in a cgroup of the wanted kind. */
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
ulimit -c 0
scenario() { # name, cgroup, user
  echo "== scenario $1"
  mkdir -p "/sys/fs/cgroup$2"
  # As systemd delegates: the directory and these files belong to the user.
  (cd "/sys/fs/cgroup$2" && chown "$3" . cgroup.procs cgroup.subtree_control cgroup.threads)
  sh -c 'echo $$ > "/sys/fs/cgroup$0/cgroup.procs" && SCENARIO="$1" AS_USER="$2" exec node --test-reporter=tap /guest.cjs' "$2" "$1" "$3"
}
scenario root "" 0
echo "+cpuset +cpu +memory" > /sys/fs/cgroup/cgroup.subtree_control
scenario "a user's, delegated whole" /app.service 1000
echo "-cpuset" > /sys/fs/cgroup/cgroup.subtree_control
scenario "a user's, delegated without cpuset" /other.service 1000
echo "== end"
poweroff -f
`;

/** Run a command to its end; its standard output. Throws {@link ImageUnavailable} where it fails. */
export function run(command: string, args: readonly string[], cwd?: string): string {
  const result = spawnSync(command, args, { encoding: 'utf8', cwd, maxBuffer: 2 ** 26 });
  if (result.status !== 0) {
    const said = result.error?.message ?? result.stderr.trim().split('\n').at(-1);
    throw new ImageUnavailable(`${command} ${args.join(' ')} failed: ${said}`);
  }
  return result.stdout;
}

/** Run one of apt's programs when no other check does: apt itself would give up (check/chromium.mjs). */
function apt(command: readonly string[], cwd?: string): string {
  const lock = resolve('.cache/apt.lock');
  fs.mkdirSync(dirname(lock), { recursive: true });
  return run('flock', [lock, ...command], cwd);
}

function has(command: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', command]).status === 0;
}

/** Install a program from the distribution's packages where that is allowed. */
export function ensureProgram(command: string, name: string): void {
  if (has(command)) {
    return;
  }
  if (!has('apt-get') || process.getuid?.() !== 0) {
    throw new ImageUnavailable(
      `it needs ${command}: install it (on Debian and Ubuntu: apt-get install ${name})`
    );
  }
  withLists(() => apt(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', name]));
}

/** What needs apt's lists of packages, which a fresh machine or container has not fetched yet. */
function withLists<T>(work: () => T): T {
  try {
    return work();
  } catch (failure) {
    if (!(failure instanceof ImageUnavailable) || process.getuid?.() !== 0) {
      throw failure;
    }
    apt(['apt-get', 'update', '-qq']);
    return work();
  }
}

/** The package that a metapackage stands for. */
function kernelPackage(): string {
  const facts = apt(['apt-cache', 'show', '--no-all-versions', KERNEL_PACKAGE]);
  const name = /^Depends:.*?(linux-image-[\w.+-]+)/m.exec(facts)?.[1];
  if (!name) {
    throw new ImageUnavailable(`apt knows no ${KERNEL_PACKAGE}`);
  }
  return name;
}

/** Download a package and unpack it to a directory of the same name. */
function unpackPackage(name: string, cache: string): string {
  return kept(join(cache, name), [], fresh => {
    withLists(() => apt(['apt-get', 'download', '-qq', name], cache));
    const archive = fs.readdirSync(cache).find(it => it.startsWith(`${name}_`))!;
    run('dpkg-deb', ['-x', archive, fresh], cache);
    fs.rmSync(join(cache, archive));
  });
}

/** A program and the libraries that it loads, under the paths that they have here. */
function programFiles(path: string): readonly string[] {
  const listed = run('ldd', [path]).matchAll(/(?:=> )?(\/\S+) \(0x/g);
  return [...listed].map(match => match[1]!);
}

/** The program that fences GPUs and its libraries, under the paths that they have in their packages. */
function bpftoolFiles(cache: string): readonly (readonly [string, Buffer])[] {
  const program = unpackPackage(BPFTOOL_PACKAGE, cache);
  const libraries = BPFTOOL_LIBRARIES.flatMap(name => {
    const directory = unpackPackage(name, cache);
    const found = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' });
    const wanted = found.filter(path => /\/lib\w+\.so\.\d+$/.test(path));
    return wanted.map(path => [path, fs.readFileSync(join(directory, path))] as const);
  });
  const path = 'usr/sbin/bpftool';
  return [[path, fs.readFileSync(join(program, path))], ...libraries];
}

function withParents(files: ReadonlyMap<string, Buffer>): readonly CpioEntry[] {
  const directories = new Set<string>();
  for (const path of files.keys()) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) {
      directories.add(at);
    }
  }
  const sorted = [...directories].sort((a, b) => a.length - b.length);
  return [
    ...sorted.map(path => ({ path, kind: 'directory' }) as const),
    ...[...files].map(([path, content]) => ({ path, kind: 'file', content, mode: 0o755 }) as const)
  ];
}

/** A first root file system, written unless it is there; its path. */
export function makeInitrd(files: ReadonlyMap<string, Buffer>, path: string): string {
  return kept(path, [...files].flat(), fresh =>
    fs.writeFileSync(fresh, packCpio(withParents(files)))
  );
}

/** The shell that needs no libraries. */
export function shellOf(cache: string): Buffer {
  return fs.readFileSync(join(unpackPackage(SHELL_PACKAGE, cache), 'bin/busybox'));
}

/** The distribution's kernel, the directory of its modules, and an emulator to boot it. */
export function kernelOf(cache: string): { readonly image: string; readonly modules: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new ImageUnavailable('the emulated machine is an x86-64 Linux, and so must its maker be');
  }
  ensureProgram(EMULATOR, EMULATOR_PACKAGE);
  if (!has('apt-get') || !has('dpkg-deb')) {
    throw new ImageUnavailable('its kernel comes from Debian packages, which need apt');
  }
  fs.mkdirSync(cache, { recursive: true });
  const known = fs.readdirSync(cache).find(it => /^linux-image-.*\.stamp$/.test(it));
  const kernel = unpackPackage(
    known?.slice(0, -'.stamp'.length) ?? withLists(kernelPackage),
    cache
  );
  const name = fs.readdirSync(join(kernel, 'boot')).find(it => it.startsWith('vmlinuz'))!;
  const modules = join(kernel, 'lib/modules', name.slice('vmlinuz-'.length), 'kernel');
  return { image: join(kernel, 'boot', name), modules };
}

/**
 * Make a machine that runs `guest` (one script for Node) once per scenario and
 * powers off. What is downloaded is kept in `cache`.
 */
export function makeImage(guest: Buffer, cache: string): Image {
  const kernel = kernelOf(cache).image;
  const taskset = execFileSync('sh', ['-c', 'command -v taskset'], { encoding: 'utf8' }).trim();
  const libraries = new Set([...programFiles(process.execPath), ...programFiles(taskset)]);
  const files = new Map<string, Buffer>([
    ['init', Buffer.from(INIT)],
    ['guest.cjs', guest],
    ['bin/busybox', shellOf(cache)],
    ['bin/node', fs.readFileSync(process.execPath)],
    ['bin/taskset', fs.readFileSync(taskset)],
    ...bpftoolFiles(cache),
    ...[...libraries].map(path => [path.slice(1), fs.readFileSync(path)] as const)
  ]);
  return { kernel, initrd: makeInitrd(files, join(cache, 'initrd.cpio')) };
}

/** The command that boots an image; its console is standard output. */
export function bootCommand({ kernel, initrd, disk }: Image): readonly [string, readonly string[]] {
  const options = [
    ['-accel', 'tcg,thread=single'],
    ['-cpu', 'max'],
    ['-smp', '2'],
    ['-m', '2048'],
    ['-kernel', kernel],
    ['-initrd', initrd],
    ['-append', disk ? `${BOOT} systemd.unit=${SCENARIOS_UNIT} systemd.show_status=no` : BOOT],
    // What it writes to its disk ends with it.
    disk ? ['-drive', `file=${disk},format=raw,if=virtio,snapshot=on`] : [],
    ['-display', 'none'],
    ['-serial', 'stdio'],
    ['-nic', 'none'],
    ['-no-reboot', '-nodefaults']
  ];
  return [EMULATOR, options.flat()];
}
