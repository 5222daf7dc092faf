import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import {
  ImageUnavailable,
  ensureProgram,
  kernelOf,
  makeInitrd,
  run,
  shellOf,
  type Image
} from './image';
import { modulesInOrder } from './kernelModules';
import { CONFIGURATION } from './configuration';
import { kept } from './kept';
import { OURS, USER } from './surroundings';

/** systemd and what runs things in its company: logins, Docker's container runtime, Slurm. */
const PACKAGES = [
  'systemd-sysv',
  'dbus-user-session',
  'libpam-systemd',
  'libstdc++6',
  'runc',
  'munge',
  'slurm-client',
  'slurmctld',
  'slurmd'
];

/** What a disk of the emulator takes. */
const DISK_MODULES = ['virtio_pci', 'virtio_blk'];

/** Slurm looks only for addresses of a kind that some interface has beside the loopback address. */
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /dev /disk
/bin/busybox mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do
  /bin/busybox insmod "$module"
done
/bin/busybox ip link set lo up
/bin/busybox ip address add 10.0.0.1/32 dev lo
/bin/busybox mount -t ext4 /dev/vda /disk
exec /bin/busybox switch_root /disk /sbin/init
`;

/** What a disk holds beside the packages and the scripts, in MiB: room to write. */
const SPARE_MIB = 200;

/** The distribution's name for its present version; the scripts' libraries come from there, too. */
function suite(): string {
  const facts = fs.readFileSync('/etc/os-release', 'utf8');
  const [id, codename] = ['ID', 'VERSION_CODENAME'].map(
    name => new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(facts)?.[1]
  );
  if (id !== 'debian' || !codename) {
    throw new ImageUnavailable(
      `it is made of the packages of this machine's Debian, which is none`
    );
  }
  return codename;
}

/** Paths of what a disk is given beside the packages. */
const GIVEN = [OURS, ...Object.keys(CONFIGURATION)];

/** A tree of files with the packages set up in it, and a user; made once, which takes minutes. */
function packagesTree(cache: string): string {
  if (process.getuid?.() !== 0) {
    throw new ImageUnavailable('only root can set packages up in a directory');
  }
  ensureProgram('mmdebstrap', 'mmdebstrap');
  ensureProgram('mke2fs', 'e2fsprogs');
  const from = suite();
  const recipe = JSON.stringify([from, PACKAGES, USER]);
  const addUser = `chroot "$1" useradd --create-home --uid ${USER.id} ${USER.name}`;
  const make = (fresh: string): void =>
    void run('mmdebstrap', [
      '--quiet',
      '--variant=minbase',
      `--include=${PACKAGES.join(',')}`,
      '--dpkgopt=path-exclude=/usr/share/doc/*',
      '--dpkgopt=path-exclude=/usr/share/locale/*',
      '--dpkgopt=path-exclude=/usr/share/man/*',
      `--customize-hook=${addUser}`,
      from,
      fresh
    ]);
  return kept(join(cache, 'systemd'), [recipe], make, GIVEN);
}

/** What files hold, by path. */
type Files = Readonly<Record<string, Buffer | string>>;

/** A disk with the tree and what is given, by path, made unless it is there; its path. */
function makeDisk(tree: string, given: Files, disk: string): string {
  const inputs = [fs.readFileSync(`${tree}.stamp`), ...Object.entries(given).flat()];
  return kept(disk, inputs, fresh => {
    writeGiven(tree, given);
    const usedMib = Number(execFileSync('du', ['-sm', tree], { encoding: 'utf8' }).split('\t')[0]);
    run('mke2fs', ['-q', '-t', 'ext4', '-d', tree, fresh, `${usedMib + SPARE_MIB}M`]);
  });
}

/** What was given before is gone. */
function writeGiven(tree: string, given: Files): void {
  fs.rmSync(tree + OURS, { recursive: true, force: true });
  for (const [path, content] of Object.entries(given)) {
    fs.mkdirSync(dirname(tree + path), { recursive: true });
    fs.writeFileSync(tree + path, content, { mode: path.startsWith(OURS) ? 0o755 : 0o644 });
  }
}

/**
 * Make a machine whose first program is systemd. It runs the conductor, whose
 * scripts are given by name, and powers off. What is downloaded is kept in `cache`.
 */
export function makeSystemdImage(scripts: Readonly<Record<string, Buffer>>, cache: string): Image {
  const kernel = kernelOf(cache);
  const tree = packagesTree(cache);
  const ours = Object.entries({ ...scripts, node: fs.readFileSync(process.execPath) });
  const given = Object.fromEntries(ours.map(([name, it]) => [`${OURS}/${name}`, it]));
  const disk = makeDisk(tree, { ...given, ...CONFIGURATION }, join(cache, 'systemd.ext4'));
  const modules = modulesInOrder(kernel.modules, DISK_MODULES).map(({ name, content }, at) => {
    const place = `${at}`.padStart(2, '0');
    return [`modules/${place}-${name}.ko`, content] as const;
  });
  const files = new Map([
    ['init', Buffer.from(INIT)],
    ['bin/busybox', shellOf(cache)] as const,
    ...modules
  ]);
  const initrd = makeInitrd(files, join(cache, 'systemd.cpio'));
  return { kernel: kernel.image, initrd, disk };
}
