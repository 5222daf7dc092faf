import { execFile } from 'node:child_process';
import { parseCpuList } from '../lib/cpuset';
import { errnoOf, type IHostFiles } from '../host/files';
import { isAlive, readMask, readThreads, readTree } from '../host/processes';
import type { CpuHold } from '../protocol/gate';
import { EnforcementError, type Place } from './enforcer';
import type { IMaskStore } from './maskStore';
import type { FailureListener } from './removals';

/** Rounds of looking for processes that were forked meanwhile. */
const ROUNDS_MAX = 50;
const TASKSET_TIMEOUT_MS = 5000;

/** Sets the mask of every thread of a process; rejects with {@link EnforcementError}. */
export type SetMask = (pid: number, cpus: string) => Promise<void>;

/** What `taskset` says in the C locale, as the errno that it was. */
const ERRNO_BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [/No such process/, 'ESRCH'],
  [/Operation not permitted/, 'EPERM'],
  [/Invalid argument/, 'EINVAL'],
  [/Permission denied/, 'EACCES']
];

/** Set the masks of a process by util-linux's `taskset`: Node cannot do it itself. */
export const setMaskByTaskset: SetMask = (pid, cpus) => taskset('-apc', cpus, pid);

/** Set the mask of one thread. */
export const setThreadMaskByTaskset: SetMask = (tid, cpus) => taskset('-pc', cpus, tid);

function taskset(option: string, cpus: string, id: number): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      'taskset',
      [option, cpus, `${id}`],
      { env: { ...process.env, LC_ALL: 'C' }, timeout: TASKSET_TIMEOUT_MS },
      (error, _stdout, stderr) => {
        if (!error) {
          resolve();
          return;
        }
        const said = ERRNO_BY_WORDS.find(([words]) => words.test(stderr))?.[1];
        const errno = said ?? (typeof error.code === 'string' ? error.code : 'EIO');
        reject(new EnforcementError(`taskset ${option} ${cpus} ${id}`, errno));
      }
    );
  });
}

/** One holder's masks: what they were, are to be, and are. */
type Held = {
  readonly place: Place;
  readonly original: string;
  wanted: string;
  applied: string;
  /** That it changed its mask itself was told. */
  told: boolean;
};

/** What masks need to know. */
export type MaskOptions = {
  readonly files: IHostFiles;
  /** All CPUs that may be handed out, in list syntax. */
  readonly cpus: string;
  readonly setMask: SetMask;
  readonly store: IMaskStore;
  readonly onFailure: FailureListener;
};

/**
 * The affinity masks of whole process trees, changed from outside.
 *
 * #### Notes
 * Setting is asynchronous: the last wish for a holder wins, wishes in between
 * may be skipped, and a tree is gone over until no thread with another mask is
 * found. A thread that holds the mask already is left alone.
 */
export class Masks {
  private readonly held = new Map<string, Held>();
  private readonly work = new Map<string, Promise<void>>();

  constructor(private readonly options: MaskOptions) {
    const saved = options.store.load();
    for (const { original, ...place } of saved) {
      const current = this.currentMask(place);
      if (current !== null) {
        this.held.set(place.holderId, {
          place,
          original,
          wanted: current,
          applied: current,
          told: false
        });
      }
    }
    if (this.held.size < saved.length) {
      this.save('masks.json');
    }
  }

  /** How a holder is held by masks. */
  holdFor(cpus: string | null): CpuHold {
    return { affinity: this.maskFor(cpus), cpuset: null };
  }

  /** The mask that a confinement comes to. */
  private maskFor(cpus: string | null): string {
    return cpus ?? this.options.cpus;
  }

  placeOf(holderId: string): Place | null {
    return this.held.get(holderId)?.place ?? null;
  }

  holders(): readonly string[] {
    return [...this.held.keys()];
  }

  holdersByPid(): ReadonlyMap<number, string> {
    return new Map([...this.held].map(([holderId, { place }]) => [place.pid, holderId]));
  }

  /** The processes of other holders, which one that started them does not answer for. */
  othersThan(pid: number): ReadonlySet<number> {
    const pids = new Set(this.holdersByPid().keys());
    pids.delete(pid);
    return pids;
  }

  /** Remember how the holder came; idempotent. */
  adopt(place: Place): void {
    const known = this.held.get(place.holderId);
    if (known?.place.pid === place.pid && known.place.startTicks === place.startTicks) {
      return;
    }
    const original = this.currentMask(place);
    if (original === null) {
      throw new EnforcementError(`process ${place.pid}`, 'ESRCH');
    }
    this.held.set(place.holderId, {
      place,
      original,
      wanted: original,
      applied: original,
      told: false
    });
    this.save(place.holderId);
    const usable = parseCpuList(this.options.cpus);
    if (!parseCpuList(original).every(cpu => usable.includes(cpu))) {
      this.set(place.holderId, null);
    }
  }

  /** Wish for a mask; null for all CPUs of the node. */
  set(holderId: string, cpus: string | null): void {
    const held = this.held.get(holderId);
    if (!held) {
      throw new EnforcementError(`holder ${holderId}`, 'ENOENT');
    }
    held.wanted = this.maskFor(cpus);
    this.pursue(held);
  }

  /**
   * Look whether the holder's main thread has a CPU in its mask that it was not
   * given: libraries reset masks. Then the mask is set again, and that is told
   * once. A mask that a cell made narrower itself is its own affair.
   */
  recall(holderId: string): void {
    const held = this.held.get(holderId);
    const mask = held && this.currentMask(held.place);
    if (!held || !mask || held.applied !== held.wanted || this.work.has(holderId)) {
      return;
    }
    const given = parseCpuList(held.wanted);
    if (parseCpuList(mask).every(cpu => given.includes(cpu))) {
      return;
    }
    if (!held.told) {
      held.told = true;
      const what = `keeping process ${held.place.pid} of ${holderId} on CPUs ${held.wanted}`;
      this.options.onFailure(holderId, new EnforcementError(what, 'EXDEV'));
    }
    held.applied = '';
    this.pursue(held);
  }

  /** Give the holder the mask back that it came with. */
  release(holderId: string): void {
    const held = this.held.get(holderId);
    this.held.delete(holderId);
    if (held) {
      this.save(holderId);
      held.wanted = held.original;
      this.pursue(held);
    }
  }

  /** Resolves when every mask is as it was last wished, or has failed. */
  async settled(): Promise<void> {
    while (this.work.size > 0) {
      await Promise.all(this.work.values());
    }
  }

  private currentMask(place: Place): string | null {
    const { files } = this.options;
    return isAlive(files, place) ? readMask(files, place.pid) : null;
  }

  /** Without the file the masks of this moment hold all the same, so a failure is told, not thrown. */
  private save(holderId: string): void {
    try {
      this.options.store.save(
        [...this.held.values()].map(({ place, original }) => ({ ...place, original }))
      );
    } catch (error) {
      this.options.onFailure(holderId, new EnforcementError('masks.json', errnoOf(error)));
    }
  }

  private pursue(held: Held): void {
    const { holderId } = held.place;
    if (held.wanted === held.applied) {
      return;
    }
    const before = this.work.get(holderId) ?? Promise.resolve();
    const work: Promise<void> = before
      .then(() => this.applyWanted(held))
      .catch((error: unknown) => this.options.onFailure(holderId, asFailure(error)))
      .finally(() => {
        if (this.work.get(holderId) === work) {
          this.work.delete(holderId);
        }
      });
    this.work.set(holderId, work);
  }

  private async applyWanted(held: Held): Promise<void> {
    while (held.applied !== held.wanted) {
      const target = held.wanted;
      // Unknown until the last thread has it: a failure half way is tried anew.
      held.applied = '';
      await this.applyToTree(held.place, target);
      held.applied = target;
    }
  }

  private async applyToTree(place: Place, cpus: string): Promise<void> {
    const { files, setMask } = this.options;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const others = isAlive(files, place)
        ? readTree(files, place.pid, this.othersThan(place.pid)).filter(
            pid => !this.holdsMask(pid, cpus)
          )
        : [];
      if (others.length === 0) {
        return;
      }
      for (const pid of others) {
        await setMask(pid, cpus).catch((error: EnforcementError) => {
          if (error.errno !== 'ESRCH') {
            throw error;
          }
        });
      }
    }
    throw new EnforcementError(`masks of ${place.holderId}`, 'EAGAIN');
  }

  private holdsMask(pid: number, cpus: string): boolean {
    const { files } = this.options;
    return readThreads(files, pid).every(tid => {
      const mask = readMask(files, pid, tid);
      return mask === null || mask === cpus;
    });
  }
}

function asFailure(error: unknown): EnforcementError {
  return error instanceof EnforcementError ? error : new EnforcementError(String(error), 'EIO');
}
