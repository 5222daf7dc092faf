import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

/** How a command is run somewhere in a machine with systemd. */
export type Surroundings = {
  /** Make ready what the command needs; done as root, before each scenario. */
  readonly prepare?: () => void;
  /** The command that runs the given one there, and ends with it. */
  readonly enter: (command: readonly string[]) => readonly string[];
};

/** Everything of ours lies here. */
export const OURS = '/opt/cellgrant';
export const USER = { name: 'alice', id: 1000 } as const;

const AS_USER = ['runuser', '-u', USER.name, '--', 'env', `XDG_RUNTIME_DIR=/run/user/${USER.id}`];
const RUN = ['systemd-run', '--quiet'];
/** What containers and jobs are given, beside one CPU. */
const CONTAINER_BYTES = 700 * 1024 ** 2;
const JOB = ['--cpus-per-task=1', '--mem=600M'];

function quoted(command: readonly string[]): string {
  return command.map(it => `'${it.replaceAll("'", `'\\''`)}'`).join(' ');
}

function properties(list: readonly string[]): readonly string[] {
  return list.map(it => `--property=${it}`);
}

/** Run something as the user, beside all of the user's services. */
export function asUser(...command: readonly string[]): readonly string[] {
  return [...AS_USER, ...command];
}

/** A service of the system's manager. */
export function service(...list: readonly string[]): Surroundings {
  return { enter: it => [...RUN, '--wait', '--pipe', ...properties(list), ...it] };
}

/** A service of the user's own manager. */
export function userService(...list: readonly string[]): Surroundings {
  return { enter: it => asUser(...RUN, '--user', '--wait', '--pipe', ...properties(list), ...it) };
}

/** As somebody starts Jupyter from a terminal. */
export function userScope(...list: readonly string[]): Surroundings {
  return { enter: it => asUser(...RUN, '--user', '--scope', ...properties(list), ...it) };
}

/** A session, as at a terminal or by ssh. */
export const login: Surroundings = {
  enter: it => ['su', '--login', USER.name, '--command', quoted(it)]
};

type Mount = { readonly destination: string; options: readonly string[] };

/**
 * A container as Docker makes it: runc, systemd's cgroups, a cgroup namespace
 * of its own. Its root file system is the machine's.
 */
export function container(access: 'ro' | 'rw'): Surroundings {
  const directory = `/run/containers/${access}`;
  const write = (args: readonly string[]): void => {
    const config = JSON.parse(readFileSync(`${directory}/config.json`, 'utf8'));
    Object.assign(config.process, { terminal: false, cwd: '/tmp', args });
    config.root.readonly = false;
    config.linux.cgroupsPath = `system.slice:docker:${access}`;
    config.linux.resources = { memory: { limit: CONTAINER_BYTES }, cpu: { cpus: '1' } };
    const tree = config.mounts.find((it: Mount) => it.destination === '/sys/fs/cgroup') as Mount;
    tree.options = [...tree.options.filter(it => it !== 'ro'), access];
    writeFileSync(`${directory}/config.json`, JSON.stringify(config));
  };
  return {
    prepare: () => {
      mkdirSync(`${directory}/rootfs`, { recursive: true });
      execFileSync('mount', ['--bind', '/', `${directory}/rootfs`]);
      execFileSync('runc', ['spec', '--bundle', directory]);
    },
    enter: it => {
      write(it);
      return ['runc', '--systemd-cgroup', 'run', '--bundle', directory, access];
    }
  };
}

const slurm = ['munge', 'slurmctld', 'slurmd'];
const startSlurm = (): void => void execFileSync('systemctl', ['start', ...slurm]);

export const interactiveJob: Surroundings = {
  prepare: startSlurm,
  enter: it => ['runuser', '-u', USER.name, '--', 'srun', ...JOB, '--chdir=/tmp', ...it]
};

/** Its output comes when it has ended: sbatch itself looks only now and then whether it has. */
export const batchJob: Surroundings = {
  prepare: startSlurm,
  enter: it => {
    const [said, ended] = ['/tmp/batch.out', '/tmp/batch.end'];
    const wrapped = `${quoted(it)} >${said} 2>&1; touch ${ended}`;
    const submit = ['runuser', '-u', USER.name, '--', 'sbatch', ...JOB, '--chdir=/tmp'];
    const script = `${quoted([...submit, '--output=/dev/null', `--wrap=${wrapped}`])}
      until [ -e ${ended} ]; do sleep 0.2; done; cat ${said}`;
    return ['sh', '-c', script];
  }
};
