import { createHash } from 'node:crypto';

import { commonCpus, formatCpuList, isSameSet, type CpuSet } from '../protocol/cpuset';
import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';
import { readMask, readUserId } from './processes';

/** All of a socket's name (unix(7)): one of this length is the same however it is counted. */
const NAME_BYTES = 108;

/** What a sidecar was told on its command line. */
type ServedDirectory = { readonly directory: string; readonly failure: 'open' | 'closed' };

/** A sidecar that runs on this node. */
export type NamedSidecar = {
  readonly pid: number;
  /** Whose kernels it serves. */
  readonly uid: number;
  readonly served: ServedDirectory;
  /** Whether it may use the same CPUs as we, or some of them only. */
  readonly hasOurCpus: boolean;
};

/** So many names are looked into: anybody can give a socket any name. */
const LOOKED_AT_MAX = 256;

function familyOf(scope: string): string {
  return scope ? `cellgrant:${scope}` : 'cellgrant';
}

/**
 * The name of the socket by which a sidecar is known on this node (ENF11).
 *
 * #### Notes
 * In the abstract namespace, which is of the network namespace and of no directory: it goes
 * with its process, and nothing is left to be removed. `scope` is another name for another set
 * of sidecars, which are not to know of these.
 */
export function ownName(scope: string, uid: number, pid: number): string {
  return `\0${familyOf(scope)}/${uid}/${pid}/`.padEnd(NAME_BYTES, '.');
}

/** The name that only one sidecar of a user can have of those that may use the same CPUs. */
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
 * The sidecars that may use some of our CPUs, whoever's, but for our own process.
 *
 * #### Notes
 * A name counts only where the process that it names is a sidecar, and that user's or root's.
 * Those of other network namespaces are not seen. Two batch jobs that have no CPU in common
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

/** What a process serves as a sidecar, by its command line; null where it is none. */
function servedBy(files: IHostFiles, pid: number): ServedDirectory | null {
  const words = (readOrNull(files, PROC.commandLine(pid)) ?? '').split('\0');
  const after = (word: string) => words[words.indexOf(word) + 1];
  const isSidecar = words.some(it => it.endsWith('main.cjs')) && words.includes('--dir');
  const isClosed = words.includes('--failure') && after('--failure') === 'closed';
  return isSidecar
    ? { directory: after('--dir') ?? '', failure: isClosed ? 'closed' : 'open' }
    : null;
}
