import type { NodeFacts, PolicyName } from '../../server/core/events';
import { simulatedNode } from '../../server/simulator/node';
import type { IPolicy } from '../../server/simulator/engine';
import { Arbiter, type Knowledge } from '../../server/simulator/policies/arbiter';
import { CgroupFair } from '../../server/simulator/policies/cgroupFair';
import { ContinuousRemold } from './policies/continuousRemold';
import { DeviceQueues } from '../../server/simulator/policies/deviceQueues';
import { MoldableRunToCompletion } from './policies/moldable';
import { MoldedEquipartition } from './policies/moldedEquipartition';
import { PerThread } from '../../server/simulator/policies/perThread';
import { LastTwo, Oracle, RigidQueue } from './policies/rigidQueue';
import { StaticPartition } from '../../server/simulator/policies/staticPartition';

/** What a policy is made for. */
type Setting = { readonly cpus: number; readonly users: number; readonly beta: number };

/** A policy as the rows name it. */
export type Contender = {
  readonly policy: string;
  /** What it knows of a cell before it runs. */
  readonly knowledge: 'none' | 'oracle' | Knowledge;
  readonly make: (setting: Setting) => IPolicy;
};

const GIB = 2 ** 30;
/** What the simulated node has beside CPUs. */
const GPUS = 4;
const MEMORY_BYTES = 256 * GIB;
const MEMORY_RESERVE_BYTES = 16 * GIB;

/** The simulated node. */
export function nodeOf(cpus: number, tier: 'cgroup-v2' | 'affinity' = 'cgroup-v2'): NodeFacts {
  const gpu = { model: 'simulated', memoryBytes: 80 * GIB };
  const gpus = Array.from({ length: GPUS }, () => gpu);
  const memory = { memoryBytes: MEMORY_BYTES, memoryReserveBytes: MEMORY_RESERVE_BYTES };
  return simulatedNode({ cpus, ...memory, gpus }, tier);
}

/** The core under one of its own policies. */
export function arbiter(knowledge: Knowledge, policy: PolicyName = 'dynamic'): Contender {
  const make = ({ cpus, users, beta }: Setting) =>
    new Arbiter({ node: nodeOf(cpus), beta, knowledge, policy, users });
  return { policy, knowledge, make };
}

/** The core where there are no cgroups: shares are held by masks, and threads are equal. */
export const BY_MASKS: Contender = {
  policy: 'dynamic-by-masks',
  knowledge: 'unknown',
  make: ({ cpus, users, beta }) =>
    new Arbiter({
      node: nodeOf(cpus, 'affinity'),
      beta,
      knowledge: 'unknown',
      policy: 'dynamic',
      users
    })
};

/** The operating system: CPUs by thread. */
export const OS_PER_THREAD: Contender = {
  policy: 'os-per-thread',
  knowledge: 'none',
  make: ({ cpus, beta }) => new PerThread(cpus, beta)
};

/** The operating system: CPUs by kernel. */
export const OS_CGROUP_FAIR: Contender = {
  policy: 'os-cgroup-fair',
  knowledge: 'none',
  make: ({ cpus, beta }) => new CgroupFair(cpus, beta)
};

/** The same, with what people do by hand about GPUs and memory. */
export const OS_BY_HAND: Contender = {
  policy: 'os-cgroup-fair',
  knowledge: 'none',
  make: setting =>
    new DeviceQueues(
      { gpus: GPUS, memoryBytes: MEMORY_BYTES - MEMORY_RESERVE_BYTES },
      OS_CGROUP_FAIR.make(setting)
    )
};

/** Everything that is compared on the plain workload without crowding. */
export const BASELINES: readonly Contender[] = [
  OS_PER_THREAD,
  OS_CGROUP_FAIR,
  {
    policy: 'static-partition',
    knowledge: 'none',
    make: ({ cpus, users, beta }) => new StaticPartition(cpus, users, beta)
  },
  { policy: 'fifo', knowledge: 'known', make: ({ cpus }) => new RigidQueue(cpus, null) },
  { policy: 'easy', knowledge: 'oracle', make: ({ cpus }) => new RigidQueue(cpus, new Oracle()) },
  { policy: 'easy', knowledge: 'learned', make: ({ cpus }) => new RigidQueue(cpus, new LastTwo()) },
  {
    policy: 'moldable-run-to-completion',
    knowledge: 'known',
    make: ({ cpus }) => new MoldableRunToCompletion(cpus)
  },
  molded('equipartition', 'known', { threadsPerCpu: 1, fastWeight: 1 }),
  molded('molded-equipartition', 'known', { threadsPerCpu: 2, fastWeight: 8 }),
  molded('remaining-time-weights', 'oracle', {
    threadsPerCpu: 1.5,
    fastWeight: 1,
    weightOf: execution => 1 / Math.max(1e-3, execution.aloneLeftS),
    refreshS: 1
  }),
  {
    policy: 'continuous-remold',
    knowledge: 'oracle',
    make: ({ cpus }) => new ContinuousRemold(cpus)
  }
];

function molded(
  policy: string,
  knowledge: Contender['knowledge'],
  molding: ConstructorParameters<typeof MoldedEquipartition>[2]
): Contender {
  const make = ({ cpus, beta }: Setting) => new MoldedEquipartition(cpus, beta, molding);
  return { policy, knowledge, make };
}
