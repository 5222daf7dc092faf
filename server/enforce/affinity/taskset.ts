import { execFile, spawnSync } from 'node:child_process';
import { formatCpuList, type CpuSet } from '../../protocol/cpuset';
import { EnforcementError } from '../enforcer';

const TASKSET_TIMEOUT_MS = 5000;

/** Sets the mask of every thread of a process; rejects with {@link EnforcementError}. */
export type SetMask = (pid: number, cpus: CpuSet) => Promise<void>;

/** Messages of `taskset` in the C locale, and the errno of each. */
const ERRNO_BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [/No such process/, 'ESRCH'],
  [/Operation not permitted/, 'EPERM'],
  [/Invalid argument/, 'EINVAL'],
  [/Permission denied/, 'EACCES']
];

/** Set the masks of a process with util-linux's `taskset`: Node cannot do it itself. */
export const setMaskByTaskset: SetMask = (pid, cpus) => taskset('-apc', formatCpuList(cpus), pid);

/** Set the mask of one thread. */
export const setThreadMaskByTaskset: SetMask = (tid, cpus) =>
  taskset('-pc', formatCpuList(cpus), tid);

function taskset(option: string, list: string, id: number): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      'taskset',
      [option, list, `${id}`],
      { env: { ...process.env, LC_ALL: 'C' }, timeout: TASKSET_TIMEOUT_MS },
      (error, _stdout, stderr) => {
        if (!error) {
          resolve();
          return;
        }
        const said = ERRNO_BY_WORDS.find(([words]) => words.test(stderr))?.[1];
        const errno = said ?? (typeof error.code === 'string' ? error.code : 'EIO');
        reject(new EnforcementError(`taskset ${option} ${list} ${id}`, errno));
      }
    );
  });
}

/** Whether `taskset` can actually set a mask here; null if so, otherwise the reason. */
export function whyNoTaskset(cpus: CpuSet): string | null {
  const script = 'exec taskset -apc "$0" $$';
  const result = spawnSync('/bin/sh', ['-c', script, formatCpuList(cpus)], {
    encoding: 'utf8',
    timeout: 5000
  });
  const said = result.stderr?.trim().split('\n')[0];
  return result.status === 0 ? null : said || result.error?.message || 'taskset failed';
}
