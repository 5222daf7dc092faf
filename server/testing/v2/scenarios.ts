import type { Resource } from '../../protocol/facts';
import type { TierName } from '../../protocol/view';
import {
  batchJob,
  container,
  interactiveJob,
  login,
  service,
  userScope,
  userService,
  type Surroundings
} from './surroundings';

/** What must be found; the machine has CPUs 0 and 1. */
export type Finding = {
  readonly tier: TierName;
  readonly enforced: readonly Resource[];
  /** A part of the reason. */
  readonly reason: string;
  /** In list syntax. */
  readonly cpus: string;
  /** Null: all that the machine has. */
  readonly memoryBytes: number | null;
};

/** Where something runs in the emulated machine, and what it must find there. */
export type Scenario = {
  readonly name: string;
  readonly finds: Finding;
  /** The enforcer's contract is held there, too; each takes half a minute, so once for each kind of tree. */
  readonly contract?: true;
  /** Whether a fence can be had there and its contract is held, or it is told that there can be none. */
  readonly fence?: 'held' | 'told';
  /** The service manager that is told to reload while something is held. */
  readonly reloads?: 'system' | 'user';
};

/** Where the machine's first program is systemd. */
export type SystemdScenario = Scenario & {
  readonly within: Surroundings;
  /** From here on, users are delegated `cpuset`, as README.md tells administrators to do. */
  readonly afterDropIn?: true;
  /** Instead of a probe, the sidecar's own program is started as README.md's unit. */
  readonly program?: true;
};

const MIB = 1024 ** 2;
const WHOLE = { cpus: '0-1', memoryBytes: null };
const LIMITED = { cpus: '1', memoryBytes: 700 * MIB };
const FULL = {
  ...WHOLE,
  tier: 'cgroup-v2',
  enforced: ['cpus', 'memory'],
  reason: 'cgroup version 2 is writable with cpuset, cpu, memory.'
} as const;
const MASKS = { ...WHOLE, tier: 'affinity', enforced: ['cpus'] } as const;
const WEIGHTS = {
  ...WHOLE,
  tier: 'cgroup-v2',
  enforced: ['memory'],
  reason: 'cpuset could not be used; an administrator can let systemd delegate it'
} as const;

/** Without a service manager: cgroups are made as a shell can make them; users' contracts are held with one. */
export const PLAIN: readonly Scenario[] = [
  { name: 'root', finds: FULL, contract: true, fence: 'held' },
  { name: "a user's, delegated whole", finds: FULL, fence: 'told' },
  {
    name: "a user's, delegated without cpuset",
    finds: { ...WEIGHTS, reason: 'cpuset could not' },
    fence: 'told'
  }
];

const DELEGATE = 'Delegate=yes';
const BY_UNIT = 'its unit would need Delegate=yes';

export const SYSTEMD: readonly SystemdScenario[] = [
  {
    name: 'a login',
    within: login,
    finds: { ...MASKS, reason: 'systemd-run --user --scope --property=Delegate=yes would' }
  },
  {
    name: "a user's scope",
    within: userScope(DELEGATE),
    finds: WEIGHTS
  },
  {
    name: "a user's service",
    within: userService(DELEGATE),
    finds: WEIGHTS,
    reloads: 'user',
    contract: true
  },
  {
    name: "a user's service, not delegated",
    within: userService(),
    finds: { ...WEIGHTS, reason: BY_UNIT },
    reloads: 'user'
  },
  {
    name: "a user's service, with cpuset",
    within: userService(DELEGATE),
    afterDropIn: true,
    finds: FULL,
    reloads: 'user',
    contract: true
  },
  {
    name: "the sidecar's program as a user's service",
    within: login,
    program: true,
    finds: FULL
  },
  {
    name: "root's service",
    within: service(DELEGATE),
    finds: FULL,
    reloads: 'system'
  },
  {
    name: "root's service, not delegated",
    within: service(),
    finds: FULL,
    reloads: 'system'
  },
  {
    name: "a system service of a user's",
    within: service(DELEGATE, 'User=alice', 'MemoryMax=700M', 'AllowedCPUs=1'),
    finds: { ...FULL, ...LIMITED }
  },
  {
    name: "a system service of a user's, not delegated",
    within: service('User=alice', 'MemoryMax=700M', 'CPUQuota=100%'),
    finds: { ...MASKS, ...LIMITED, cpus: '0', reason: BY_UNIT }
  },
  {
    name: 'a container',
    within: container('ro'),
    finds: { ...MASKS, ...LIMITED, reason: 'a container would need its cgroup tree to be writable' }
  },
  {
    name: 'a container with a writable tree',
    within: container('rw'),
    finds: { ...FULL, ...LIMITED },
    contract: true
  },
  {
    name: "Slurm's srun",
    within: interactiveJob,
    finds: { ...MASKS, cpus: '0', memoryBytes: 600 * MIB, reason: 'Slurm lets nobody divide' }
  },
  {
    name: "Slurm's sbatch",
    within: batchJob,
    finds: { ...MASKS, cpus: '0', memoryBytes: 600 * MIB, reason: 'Slurm lets nobody divide' }
  }
];

/** The scenario of a name; throws where there is none. */
export function scenarioOf(name: string | undefined): Scenario {
  const found = [...PLAIN, ...SYSTEMD].find(it => it.name === name);
  if (!found) {
    throw new Error(`there is no scenario "${name}"`);
  }
  return found;
}
