import { V1 } from '../../host/cgroupfs';
import { isAbsent, type IHostFiles } from '../../host/files';
import { EnforcementError } from '../enforcer';
import { tolerate } from '../failures';

/**
 * A directory is busy until its last process has freed all its memory:
 * how long to retry, in ms; shorter than a graceful stop may take.
 */
const REMOVAL_RETRY_MS = 20;
const REMOVAL_TRIES_MAX = 400;

/** Reports that something failed after the call that started it had returned. */
export type FailureListener = (holderId: string, failure: EnforcementError) => void;

/**
 * Reports that a holder had escaped its confinement and is confined again: what it, or another
 * process, had done. A clause, such as "process 7 had left its place".
 */
export type BroughtBackListener = (holderId: string, what: string) => void;

/** What removals depend on. */
export type RemovalOptions = {
  readonly files: IHostFiles;
  /** Whether a holder came back meanwhile and uses its directory again. */
  readonly isBack: (holderId: string) => boolean;
  readonly onFailure: FailureListener;
};

/** Removes cgroup directories, some of which stay busy for a moment. */
export class Removals {
  private readonly pending = new Map<string, Promise<void>>();

  constructor(private readonly options: RemovalOptions) {}

  /** Resolves when no directory is waiting for removal. */
  async settled(): Promise<void> {
    await Promise.all(this.pending.values());
  }

  /** Remove an empty directory now, or as soon as its last process is reaped. */
  remove(directory: string, holderId: string): void {
    const { files } = this.options;
    const removed = tolerate(`directory of ${holderId}`, ['EBUSY', 'ENOENT'], () =>
      files.removeDirectory(directory)
    );
    if (!removed && this.exists(directory) && !this.pending.has(directory)) {
      const removal = this.removeLater(directory, holderId).finally(() =>
        this.pending.delete(directory)
      );
      this.pending.set(directory, removal);
    }
  }

  private async removeLater(directory: string, holderId: string): Promise<void> {
    for (let tries = 0; tries < REMOVAL_TRIES_MAX; tries += 1) {
      await new Promise(resolve => setTimeout(resolve, REMOVAL_RETRY_MS));
      if (this.options.isBack(holderId)) {
        return; // It came back meanwhile and uses the directory again.
      }
      try {
        this.options.files.removeDirectory(directory);
        return;
      } catch {
        if (!this.exists(directory)) {
          return;
        }
      }
    }
    this.options.onFailure(holderId, new EnforcementError(`directory of ${holderId}`, 'EBUSY'));
  }

  private exists(directory: string): boolean {
    return !isAbsent(this.options.files, `${directory}/${V1.procs}`);
  }
}
