import { createHash } from 'node:crypto';

import { commonCpus, formatCpuList, isSameSet, type CpuSet } from '../protocol/cpuset';
import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';
import { readMask, readUserId } from './processes';

/** The full length of a socket's name (unix(7)), which is the same however it is counted. */
const NAME_BYTES = 108;

/** The arguments on a sidecar's command line. */
type ServedDirectory = { readonly directory: string; readonly failure: 'open' | 'closed' };

/** A sidecar that runs on this node. */
export type NamedSidecar = {
  readonly pid: number;
  /** The user whose kernels it serves. */
  readonly uid: number;
  readonly served: ServedDirectory;
  /** Whether it may use the same CPUs as we do, or only some of them. */
  readonly hasOurCpus: boolean;
};

/** The maximum number of names that are checked: anyone can give a socket any name. */
const LOOKED_AT_MAX = 256;

function familyOf(scope: string): string {
  return scope ? `cellgrant:${scope}` : 'cellgrant';
}

/**
 * The name of the socket that identifies a sidecar on this node (ENF11).
 *
 * #### Notes
 * In the abstract namespace, which belongs to the network namespace and to no directory: the
 * name disappears with its process and needs no cleanup. Sidecars of different `scope` do
 * not see each other.
 */
export function ownName(scope: string, uid: number, pid: number): string {
  return `\0${familyOf(scope)}/${uid}/${pid}/`.padEnd(NAME_BYTES, '.');
}

/** The name that only one sidecar of a user can hold among those that may use the same CPUs. */
export function onlyName(files: IHostFiles, scope: string, uid: number): string {
  const cpus = createHash('sha256')
    .update(formatCpuList(ourCpus(files)))
    .digest('hex')
    .slice(0, 12);
  return `\0${familyOf(scope)}/${uid}/only-${cpus}/`.padEnd(NAME_BYTES, '.');
}

function ourCpus(files: IHostFiles): CpuSet {
  return readMask(files, process.pid) ?? [];
}

/**
 * The sidecars of any user that may use some of our CPUs, except this process.
 *
 * #### Notes
 * A name counts only if the process in it is a sidecar that runs as that user or as root.
 * Sidecars in other network namespaces are not seen. Two batch jobs without a common CPU
 * are two nodes.
 */
export function findSidecars(files: IHostFiles, scope: string): readonly NamedSidecar[] {
  const named = new Map<string, { readonly pid: number; readonly uid: number }>();
  for (const line of (readOrNull(files, PROC.unixSockets) ?? '').split('\n')) {
    const [, family, uid, pid] = / @([^ /]+)\/(\d+)\/(\d+)\/\.*$/.exec(line) ?? [];
    if (family === familyOf(scope) && Number(pid) !== process.pid && named.size < LOOKED_AT_MAX) {
      named.set(`${uid} ${pid}`, { pid: Number(pid), uid: Number(uid) });
    }
  }
  const ours = ourCpus(files);
  return [...named.values()].flatMap(({ pid, uid }) => {
    const served = [uid, 0].includes(readUserId(files, pid) ?? NaN) ? servedBy(files, pid) : null;
    const cpus = readMask(files, pid) ?? ours;
    const isSame = isSameSet(cpus, ours);
    return served && (isSame || commonCpus(cpus, ours).length > 0)
      ? [{ pid, uid, served, hasOurCpus: isSame }]
      : [];
  });
}

/** What a process serves as a sidecar, by its command line; null if it is not a sidecar. */
function servedBy(files: IHostFiles, pid: number): ServedDirectory | null {
  const words = (readOrNull(files, PROC.commandLine(pid)) ?? '').split('\0');
  const after = (word: string) => words[words.indexOf(word) + 1];
  const isSidecar = words.some(it => it.endsWith('main.cjs')) && words.includes('--dir');
  const isClosed = words.includes('--failure') && after('--failure') === 'closed';
  return isSidecar
    ? { directory: after('--dir') ?? '', failure: isClosed ? 'closed' : 'open' }
    : null;
}
