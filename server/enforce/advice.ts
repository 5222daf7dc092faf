type Advice = {
  /** The path of the own cgroup. */
  readonly path: RegExp;
  /** An errno, or a missing controller; any one of them is enough. */
  readonly lack: readonly string[];
  readonly advice: string;
};

const REFUSED = ['EACCES', 'EPERM'];
const BY_UNIT = 'its unit would need Delegate=yes';

/** The first match is used. README.md, "Without root", explains each in full. */
const ADVICE: readonly Advice[] = [
  { path: /^/, lack: ['EROFS'], advice: 'a container would need its cgroup tree to be writable' },
  {
    path: /slurmstepd\.scope\/job_/,
    lack: REFUSED,
    advice: 'Slurm lets nobody divide the cgroup of a job'
  },
  { path: /\/user@\d+\.service\//, lack: ['cpu'], advice: BY_UNIT },
  {
    path: /\/user@\d+\.service\//,
    lack: ['cpuset'],
    advice: 'an administrator can let systemd delegate it'
  },
  { path: /\.service$/, lack: REFUSED, advice: BY_UNIT },
  {
    path: /\.scope$/,
    lack: REFUSED,
    advice: 'systemd-run --user --scope --property=Delegate=yes would give it a cgroup of its own'
  }
];

/**
 * What the user of this process could do to have more enforced: one clause, or none if
 * unknown.
 *
 * #### Notes
 * The path of a version 2 cgroup shows who created it, and so who could delegate more.
 */
export function adviceFor(directory: string, lacks: readonly string[]): readonly string[] {
  const found = ADVICE.find(
    ({ path, lack }) => path.test(directory) && lacks.some(it => lack.includes(it))
  );
  return found ? [`${found.advice} (README.md, "Without root")`] : [];
}
