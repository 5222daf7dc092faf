import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';

import type { IOwnFiles } from '../../host/ownDirectory';
import { EnforcementError } from '../enforcer';
import { attempt } from '../failures';

/**
 * Device programs of cgroup version 2.
 *
 * #### Notes
 * Only bpf(2) loads and attaches them, which Node cannot call; an interface, so that
 * tests can use a fake kernel.
 */
export interface IDevicePrograms {
  /**
   * Make this program, an object file, the only one on a directory; null for
   * none. The new one is attached before the old ones are detached. Throws `EnforcementError`.
   */
  replace(directory: string, object: Buffer | null): void;

  /** Whether an earlier sidecar may have left programs on directories. */
  wereUsed(): boolean;

  /** Clean up everything except programs that are still attached to directories. */
  close(): void;
}

/** Where programs are pinned while they are loaded, and the file system there (magic.h). */
const PINS = '/sys/fs/bpf';
const BPF_FS = 0xcafe4a11;

/** Kept as long as there may be programs: it informs the next sidecar of them. */
const OBJECT = 'fence.o';

const TIMEOUT_MS = 5000;
/** How much of bpftool's output is reported, in characters. */
const SAID_MAX = 200;

/** A program on a directory, as bpftool shows it. */
type Shown = { readonly id: number; readonly attach_type: string };

/** Loads and attaches device programs with the distribution's `bpftool`, which needs root. */
export class BpftoolPrograms implements IDevicePrograms {
  private readonly pin: string;

  constructor(
    private readonly own: IOwnFiles,
    group: string,
    private readonly command = 'bpftool'
  ) {
    this.pin = `${PINS}/${group}`;
  }

  replace(directory: string, object: Buffer | null): void {
    const before = this.programsOn(directory);
    object && this.attach(directory, object);
    for (const id of before) {
      this.bpftool('cgroup', 'detach', directory, 'device', 'id', `${id}`);
    }
  }

  wereUsed(): boolean {
    return this.own.has(OBJECT);
  }

  close(): void {
    attempt(OBJECT, () => this.own.remove(OBJECT));
  }

  /** Once it is attached to a directory it need not be pinned any more. */
  private attach(directory: string, object: Buffer): void {
    if (attempt(PINS, () => fs.statfsSync(PINS).type) !== BPF_FS) {
      // bpftool would mount it itself, and leave it mounted.
      throw new EnforcementError(`${PINS} (it takes: mount -t bpf bpf ${PINS})`, 'ENODEV');
    }
    attempt(OBJECT, () => this.own.replace(OBJECT, object));
    this.unpin(); // left by a sidecar that was killed at this point
    this.bpftool('prog', 'load', `/proc/self/fd/3/${OBJECT}`, this.pin, 'type', 'cgroup/dev');
    try {
      this.bpftool('cgroup', 'attach', directory, 'device', 'pinned', this.pin, 'multi');
    } finally {
      this.unpin();
    }
  }

  private unpin(): void {
    attempt(this.pin, () => fs.rmSync(this.pin, { force: true }));
  }

  private programsOn(directory: string): readonly number[] {
    const said = this.bpftool('cgroup', 'show', directory);
    // The output is empty if there are none.
    const programs = attempt('what bpftool shows', () => JSON.parse(said || '[]') as Shown[]);
    return programs.filter(it => /device$/.test(it.attach_type)).map(it => it.id);
  }

  private bpftool(...args: readonly string[]): string {
    const what = `bpftool ${args.slice(0, 2).join(' ')}`;
    // It is in /usr/sbin, which is not on every PATH.
    const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    const { error, status, stdout, stderr } = spawnSync(this.command, ['-j', ...args], {
      env: { ...process.env, PATH, LC_ALL: 'C' },
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      // Passes the directory as descriptor 3, through which bpftool finds the object.
      stdio: ['ignore', 'pipe', 'pipe', this.own.descriptor]
    });
    if (error) {
      const { code = 'EIO' } = error as NodeJS.ErrnoException;
      const isMissing = code === 'ENOENT';
      // ENOENT would mean that the holder's place was removed.
      throw isMissing
        ? new EnforcementError(`${this.command} (it comes with a package of this name)`, 'ENOSYS')
        : new EnforcementError(what, code);
    }
    if (status !== 0) {
      const said = (stderr || stdout).trim();
      const errno = errnoOf(said);
      const hint = errno === 'EPERM' ? 'it takes root' : said.split('\n')[0]!.slice(0, SAID_MAX);
      throw new EnforcementError(`${what} (${hint})`, errno);
    }
    return stdout.trim();
  }
}

/** The errno in bpftool's message; EIO if it contains none. */
function errnoOf(said: string): string {
  const words: readonly (readonly [RegExp, string])[] = [
    [/Operation not permitted/, 'EPERM'],
    [/Permission denied/, 'EACCES'],
    [/can't open cgroup|No such file/, 'ENOENT'],
    [/Invalid argument/, 'EINVAL']
  ];
  return words.find(([pattern]) => pattern.test(said))?.[1] ?? 'EIO';
}
