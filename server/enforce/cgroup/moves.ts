import { V1 } from '../../host/cgroupfs';
import { readOrNull, type IHostFiles } from '../../host/files';
import { readTree } from '../../host/processes';
import { EnforcementError } from '../enforcer';
import { tolerate } from '../failures';

/** Rounds of scanning for newly forked processes. */
const ROUNDS_MAX = 50;
/** Consecutive rounds that find none, once one was found. */
const CALM_ROUNDS = 3;

/** Moves processes between cgroups, whatever they fork meanwhile. */
export class Moves {
  constructor(private readonly files: IHostFiles) {}

  /**
   * Move a process and all its descendants into each of the directories.
   *
   * #### Notes
   * Once the root is inside, all its new forks are inside; so scanning ends
   * when the processes forked before have been found. One scan that finds none
   * is not enough: the kernel's list of children may miss some while the tree
   * changes (proc(5), /proc/PID/task/TID/children). It is enough for a tree
   * that an earlier sidecar has moved. `others` are separate holders that
   * a process of this tree started or forked.
   */
  moveTree(
    rootPid: number,
    directories: readonly string[],
    name: string,
    others: ReadonlySet<number>
  ): void {
    let calmRounds = 1;
    for (let round = 0, calm = 0; round < ROUNDS_MAX; round += 1) {
      const tree = readTree(this.files, rootPid, others);
      const moved = directories.map(directory => this.moveInto(directory, tree, name));
      if (moved.includes(true)) {
        [calm, calmRounds] = [0, CALM_ROUNDS];
      } else if ((calm += 1) >= calmRounds) {
        return;
      }
    }
    throw new EnforcementError(`process tree of ${name}`, 'EAGAIN');
  }

  /**
   * Move a directory's processes to another one.
   *
   * #### Notes
   * A dying process stays listed, whatever the kernel answers: it leaves
   * on its own, seconds later if it has much memory to free.
   */
  evacuate(from: string, to: string, name: string): void {
    const moved = new Set<number>();
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const forked = [...this.processesIn(from)].filter(pid => !moved.has(pid));
      if (forked.length === 0) {
        return;
      }
      forked.forEach(pid => moved.add(pid) && this.movePid(pid, to, name));
    }
    throw new EnforcementError(`processes of ${name}`, 'EAGAIN');
  }

  /** Move those of the processes that are not there yet; returns whether there were any. */
  private moveInto(directory: string, tree: readonly number[], name: string): boolean {
    const inside = this.processesIn(directory);
    const outside = tree.filter(pid => !inside.has(pid));
    return outside.filter(pid => this.movePid(pid, directory, name)).length > 0;
  }

  private processesIn(directory: string): ReadonlySet<number> {
    const text = readOrNull(this.files, `${directory}/${V1.procs}`) ?? '';
    const pids = text.split('\n').map(Number);
    // A process of another pid namespace is listed as 0.
    return new Set(pids.filter(pid => pid > 0));
  }

  private movePid(pid: number, directory: string, name: string): boolean {
    return tolerate(`moving process ${pid} of ${name}`, ['ESRCH'], () =>
      this.files.write(`${directory}/${V1.procs}`, `${pid}`)
    );
  }
}
