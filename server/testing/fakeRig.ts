import { V1, V2 } from '../host/cgroupfs';
import type { SavedMask } from '../enforce/maskStore';
import { probe } from '../enforce/probe';
import type { TierName } from '../protocol/view';
import type { ContractRig } from './enforcerContract';
import { FakeMachine, SELF, type FakeMachineOptions } from './fakeMachine';
import type { FakeCgroup } from './fakeCgroups';

const UNLIMITED_BYTES = 2 ** 62;

/** The contract's rig on a machine in memory. */
export function fakeRig(
  tier: TierName,
  options: FakeMachineOptions & { readonly machine?: FakeMachine } = {}
): ContractRig & { readonly machine: FakeMachine } {
  const machine = options.machine ?? new FakeMachine(options);
  const failures: string[] = [];
  let holders = 0;
  let masks: readonly SavedMask[] = [];
  const isCgroup = tier.startsWith('cgroup');

  const places = (holderId: string): readonly FakeCgroup[] =>
    machine.hierarchies
      .flatMap(hierarchy => groups(hierarchy.root))
      .flatMap(group => {
        const place = group.children.get(holderId);
        return place ? [place] : [];
      });
  const fileOf = (holderId: string, file: string): string | undefined =>
    places(holderId)
      .find(place => place.files.has(file))
      ?.files.get(file);

  return {
    machine,
    traits: {
      confinesCpus: tier !== 'none',
      limitsMemory: isCgroup,
      weighs: isCgroup,
      findsPlaces: tier !== 'none',
      isolates: isCgroup
    },
    cpus: '0-3',
    oneCpu: '2',
    start: async () => {
      const probed = await probe({
        dir: '/fake',
        tier,
        files: machine,
        setMask: machine.setMask,
        maskStore: { load: () => masks, save: saved => void (masks = saved) },
        platform: 'linux',
        gpus: { command: 'no-nvidia-smi-here' },
        onFailure: (holderId, failure) => failures.push(`${holderId}: ${failure.message}`)
      });
      return probed.enforcer;
    },
    spawn: async (kind = 'plain') => {
      const pid = machine.spawn(SELF, kind === 'plain' ? 1 : 3);
      holders += 1;
      return { holderId: `k${holders}`, pid, startTicks: machine.startTicks(pid) };
    },
    fork: async parent => machine.spawn(parent.pid),
    kill: async pid => machine.exit(pid),
    isAlive: pid => machine.isAlive(pid),
    masks: pid => [machine.mask(pid)],
    isInside: (holderId, pid) => {
      const found = places(holderId);
      return found.length > 0 && found.every(place => place.processes.has(pid));
    },
    memoryLimit: holderId => {
      const limit = fileOf(holderId, V1.memoryLimit) ?? fileOf(holderId, V2.memoryMax);
      return limit === undefined || limit === 'max' || +limit > UNLIMITED_BYTES ? null : +limit;
    },
    memoryUse: holderId =>
      Number(fileOf(holderId, V1.memoryUsage) ?? fileOf(holderId, V2.memoryCurrent) ?? 0),
    weight: holderId => {
      if ((fileOf(holderId, V1.idle) ?? fileOf(holderId, V2.idle)) === '1') {
        return 'idle';
      }
      const shares = fileOf(holderId, V1.shares);
      return shares ? Math.round(+shares / 10.24) : Number(fileOf(holderId, V2.weight));
    },
    leftovers: () =>
      machine.hierarchies.flatMap(it => groups(it.root)).map(group => group.hierarchy.mountPoint),
    failures: () => failures,
    dispose: async () => undefined
  };
}

/** Every directory that a sidecar made below a cgroup, leaves included. */
function groups(cgroup: FakeCgroup): readonly FakeCgroup[] {
  return [...cgroup.children].flatMap(([name, child]) => [
    ...(name.startsWith('cellgrant-') ? [child] : []),
    ...groups(child)
  ]);
}
