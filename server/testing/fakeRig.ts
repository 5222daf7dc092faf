import { V1, V2 } from '../host/cgroupfs';
import { readTree } from '../host/processes';
import type { DeviceNode } from '../host/gpuDevices';
import type { IDevicePrograms } from '../enforce/fence/devicePrograms';
import type { IEnforcer, HolderProcess } from '../enforce/enforcer';
import { placeName } from '../enforce/cgroup/group';
import { probe, type ProbeOptions, type Probed } from '../enforce/probe';
import type { CpuSet } from '../protocol/cpuset';
import type { TierName } from '../protocol/view';
import { traitsOf, widest, type IContractRig, type ProcessKind } from './contractRig';
import type { FakeCgroup } from './fakeCgroups';
import { mayOpen } from './fakeDevices';
import { FakeMachine, SELF, type FakeMachineOptions } from './fakeMachine';
import { cgroupOf } from './fakeMounts';
import { MadeUpDriver } from './madeUpGpus';
import { OwnFilesInMemory } from './ownFilesInMemory';

const UNLIMITED_BYTES = 2 ** 62;

/** The contract's rig on a machine in memory. */
export class FakeRig implements IContractRig {
  readonly traits;
  readonly cpus = [0, 1, 2, 3];
  readonly oneCpu = [2];
  readonly machine: FakeMachine;
  private readonly told: string[] = [];
  private readonly loosened: string[] = [];
  private driver: MadeUpDriver | null = null;
  private holders = 0;
  private readonly own = new OwnFilesInMemory('/fake');

  constructor(
    private readonly tier: TierName,
    options: FakeMachineOptions = {},
    fencesGpus = false
  ) {
    this.machine = new FakeMachine(options);
    this.traits = traitsOf(tier, fencesGpus);
  }

  async start(fencesGpus?: boolean): Promise<IEnforcer> {
    this.driver ??= fencesGpus ? new MadeUpDriver() : null;
    const gpus = this.driver && { gpus: { command: this.driver.command, visible: undefined } };
    return (await this.probe({ tier: this.tier, fencesGpus, ...gpus })).enforcer;
  }

  async startBeside(): Promise<IEnforcer> {
    return (await this.probe({ tier: this.tier, own: new OwnFilesInMemory('/beside') })).enforcer;
  }

  /** Probe the fake machine, as a sidecar would its own. */
  probe(options: Partial<ProbeOptions> = {}): Promise<Probed> {
    return probe({
      own: this.own,
      lock: () => () => undefined,
      files: this.machine,
      setMask: this.machine.setMask,
      // The threads of a process of this machine have one mask.
      setThreadMask: this.machine.setMask,
      platform: 'linux',
      gpus: { command: 'no-nvidia-smi-here' },
      programs: this.programs,
      onFailure: (holderId, failure) => void this.told.push(`${holderId}: ${failure.message}`),
      onBroughtBack: (holderId, what) => void this.loosened.push(`${holderId}: ${what}`),
      ...options
    });
  }

  async spawn(kind: ProcessKind = 'plain'): Promise<HolderProcess> {
    const pid = this.machine.spawn(SELF, kind === 'threaded' ? 3 : 1);
    this.machine.restless.set(pid, kind === 'forking' ? 20 : 0);
    this.holders += 1;
    return { holderId: `k${this.holders}`, pid, startTicks: this.machine.startTicks(pid) };
  }

  async fork(parent: HolderProcess): Promise<number> {
    return this.machine.spawn(parent.pid);
  }

  async forkHolder(parent: HolderProcess): Promise<HolderProcess> {
    const pid = await this.fork(parent);
    const holderId = `${parent.holderId}.${pid}`;
    return { holderId, pid, startTicks: this.machine.startTicks(pid) };
  }

  async canOpen({ pid }: HolderProcess, node: DeviceNode): Promise<boolean> {
    return this.machine.hierarchies.every(it => mayOpen(cgroupOf(it, pid), node));
  }

  async swell({ pid }: HolderProcess): Promise<void> {
    this.machine.swell(pid, 16 * 1024);
  }

  async compute({ holderId, pid }: HolderProcess): Promise<void> {
    this.machine.compute(holderId, pid);
  }

  async exhaust({ holderId }: HolderProcess): Promise<void> {
    this.machine.runOutOfMemory(holderId);
  }

  async escape({ pid }: HolderProcess): Promise<void> {
    this.machine.escape(pid);
  }

  widen(holderId: string): void {
    for (const place of this.places(holderId)) {
      for (const [file, text] of widest(this.cpus)) {
        place.files.has(file) && place.hierarchy.write(place, file, text);
      }
    }
  }

  async uproot({ holderId }: HolderProcess): Promise<void> {
    this.machine.uproot(holderId);
  }

  tree(target: HolderProcess): readonly number[] {
    return readTree(this.machine, target.pid);
  }

  async kill(pid: number): Promise<void> {
    this.machine.exit(pid);
  }

  isAlive(pid: number): boolean {
    return this.machine.isAlive(pid);
  }

  masks(pid: number): readonly CpuSet[] {
    return [this.machine.mask(pid)];
  }

  isInside(holderId: string, pid: number): boolean {
    const places = this.places(holderId);
    return places.length > 0 && places.every(place => place.processes.has(pid));
  }

  memoryLimit(holderId: string): number | null {
    const limit = this.read(holderId, V1.memoryLimit, V2.memoryMax);
    return limit === null || limit === 'max' || +limit > UNLIMITED_BYTES ? null : +limit;
  }

  memoryUse(holderId: string): number {
    return Number(this.read(holderId, V1.memoryUsage, V2.memoryCurrent) ?? 0);
  }

  weight(holderId: string): number | 'idle' {
    if (this.read(holderId, V1.idle, V2.idle) === '1') {
      return 'idle';
    }
    const shares = this.read(holderId, V1.shares);
    return shares ? Math.round(+shares / 10.24) : Number(this.read(holderId, V2.weight));
  }

  leftovers(): readonly string[] {
    return this.groups().map(group => group.hierarchy.mountPoint);
  }

  failures(): readonly string[] {
    return this.told;
  }

  broughtBack(): readonly string[] {
    return this.loosened;
  }

  async dispose(): Promise<void> {
    this.machine.heal();
    this.driver?.remove();
  }

  /** The kernel's device programs, as bpftool puts them on directories. */
  private readonly programs: IDevicePrograms = {
    replace: (directory, object) => {
      this.machine.cgroup(directory).programs = object ? [object] : [];
      this.hasPrograms = true;
    },
    wereUsed: () => this.hasPrograms,
    close: () => void (this.hasPrograms = false)
  };
  private hasPrograms = false;

  private groups(): readonly FakeCgroup[] {
    return this.machine.hierarchies.flatMap(hierarchy => groupsBelow(hierarchy.root));
  }

  private places(holderId: string): readonly FakeCgroup[] {
    return this.groups().flatMap(group => group.children.get(placeName(holderId)) ?? []);
  }

  private read(holderId: string, ...names: readonly string[]): string | null {
    const values = this.places(holderId).flatMap(place => names.map(name => place.files.get(name)));
    return values.find(value => value !== undefined) ?? null;
  }
}

/** Every directory that a sidecar made below a cgroup, the leaf for its own processes included. */
function groupsBelow(cgroup: FakeCgroup): readonly FakeCgroup[] {
  return [...cgroup.children].flatMap(([name, child]) => [
    ...(name.startsWith('cellgrant-') ? [child] : []),
    ...groupsBelow(child)
  ]);
}
