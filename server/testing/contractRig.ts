import * as assert from 'node:assert/strict';
import { UNCONFINED, type Confinement } from '../core/effects';
import { EnforcementError, type IEnforcer, type HolderProcess } from '../enforce/enforcer';
import { V1, V2 } from '../host/cgroupfs';
import type { DeviceNode } from '../host/gpuDevices';
import { formatCpuList, type CpuSet } from '../protocol/cpuset';
import type { TierName } from '../protocol/view';

/** The two words of a test runner that the contract needs: jest's and node:test's are alike. */
export type ContractRunner = {
  readonly describe: (name: string, suite: () => void) => void;
  readonly it: (name: string, test: () => Promise<void>) => void;
};

/** What a tier does. */
export type Traits = {
  readonly confinesCpus: boolean;
  readonly limitsMemory: boolean;
  readonly weighs: boolean;
  /** Places outlive the sidecar. */
  readonly findsPlaces: boolean;
  readonly isolates: boolean;
  /** Keeps GPUs from holders that were not granted them, if it is asked to. */
  readonly fencesGpus: boolean;
};

/** What a tier does; whether it can fence GPUs depends on the machine, too. */
export function traitsOf(tier: TierName, fencesGpus = false): Traits {
  const isCgroup = tier.startsWith('cgroup');
  return {
    confinesCpus: tier !== 'none',
    limitsMemory: isCgroup,
    weighs: isCgroup,
    findsPlaces: tier !== 'none',
    isolates: isCgroup,
    fencesGpus
  };
}

/** What lets a process of a cgroup have all, in an order that the kernel takes. */
export function widest(cpus: CpuSet): readonly (readonly [string, string])[] {
  return [
    [V1.cpus, formatCpuList(cpus)],
    [V1.shares, '262144'],
    [V1.memorySwapLimit, '-1'],
    [V1.memoryLimit, '-1'],
    [V2.weight, '10000'],
    [V2.memoryMax, 'max'],
    [V2.memorySwapMax, 'max']
  ];
}

/** `forking` forks sleepers as fast as it can, for a while; `greedy` can be made to exhaust memory. */
export type ProcessKind = 'plain' | 'threaded' | 'forking' | 'greedy';

/** One machine to hold an enforcer to its contract on, real or fake. */
export interface IContractRig {
  readonly traits: Traits;
  /** All CPUs of the node, and one of them. */
  readonly cpus: CpuSet;
  readonly oneCpu: CpuSet;
  /**
   * Start a sidecar's enforcer; a second one on the same rig is one after a crash.
   * One that is to fence GPUs does so on the made-up ones of `madeUpGpus.ts`.
   */
  start(fencesGpus?: boolean): Promise<IEnforcer>;
  /** Start the enforcer of another sidecar, with a directory of its own, where the first one is. */
  startBeside(): Promise<IEnforcer>;
  /** Start a process outside of all places; resolves when it runs. */
  spawn(kind?: ProcessKind): Promise<HolderProcess>;
  /** Make a process fork a child, whose pid is returned. */
  fork(parent: HolderProcess): Promise<number>;
  /** Make a process fork a child that is to be a holder of its own; a greedy one waits until it may take memory. */
  forkHolder(parent: HolderProcess, kind?: 'plain' | 'greedy'): Promise<HolderProcess>;
  /** Make a process open a character device that has no driver: whether that was let through. */
  canOpen(target: HolderProcess, node: DeviceNode): Promise<boolean>;
  /** Make a plain process take 16 MiB of memory and give them back. */
  swell(target: HolderProcess): Promise<void>;
  /** Make a plain process have a child compute for some 10 ms, and wait for its end. */
  compute(target: HolderProcess): Promise<void>;
  /** Make a process take memory until it is killed; resolves when it is gone. */
  exhaust(target: HolderProcess): Promise<void>;
  /** Make a process leave its place and take all CPUs, as far as it may. */
  escape(target: HolderProcess): Promise<void>;
  /** Do what a program of root might: leave a holder all that its files can hold it to. */
  widen(holderId: string): void;
  /** Do what a person with too many rights might: take a holder out of its directories and remove them. */
  uproot(target: HolderProcess): Promise<void>;
  /** The process and all that descend from it now. */
  tree(target: HolderProcess): readonly number[];
  kill(pid: number): Promise<void>;
  isAlive(pid: number): boolean;
  /** The masks that hold for a process's threads, each once. */
  masks(pid: number): readonly CpuSet[];
  /** Whether a process is in the holder's place. */
  isInside(holderId: string, pid: number): boolean;
  /** The limit in force, in bytes; null for none. */
  memoryLimit(holderId: string): number | null;
  memoryUse(holderId: string): number;
  /** The weight in force: 100 for the default, 'idle' for one that yields to all. */
  weight(holderId: string): number | 'idle';
  /** Directories that this rig's enforcers made and that are still there. */
  leftovers(): readonly string[];
  /** What went wrong after a call had returned. */
  failures(): readonly string[];
  /** Who was let loose, how, and is held again. */
  broughtBack(): readonly string[];
  /** End all processes of the rig. */
  dispose(): Promise<void>;
}

export const MIB = 1024 ** 2;

/** Held to these CPUs, and to nothing else. */
export function pinned(cpus: CpuSet): Confinement {
  return { ...UNCONFINED, cpus };
}

/** Adds one rule: a test that is given a rig and its first enforcer, both of which it leaves as they are. */
export type Rule = (
  title: string,
  test: (rig: IContractRig, enforcer: IEnforcer) => Promise<void>
) => void;

/**
 * Adds rules for rigs that `makeRig` makes, whose enforcers fence GPUs or not.
 * After each, nothing may be left; `finish` may look at more.
 */
export function rulesFor(
  { it }: ContractRunner,
  makeRig: () => Promise<IContractRig>,
  fencesGpus = false,
  finish: (rig: IContractRig) => void = () => undefined
): Rule {
  return (title, test) =>
    it(title, async () => {
      const rig = await makeRig();
      const enforcer = await rig.start(fencesGpus);
      try {
        await test(rig, enforcer);
      } finally {
        await enforcer.close();
        await rig.dispose();
      }
      assert.deepEqual(rig.leftovers(), [], 'directories were left');
      finish(rig);
    });
}

/** Accepts a refusal of the host by its errno. */
export function refusedWith(errno: string): (error: unknown) => boolean {
  return error => error instanceof EnforcementError && error.errno === errno;
}

/** A bound for conditions that the kernel brings about on its own. */
const PATIENCE_MS = 5000;

/** Wait until something holds; fails after a bound, naming what it waited for. */
export async function until(
  what: string,
  holds: () => boolean,
  patienceMs = PATIENCE_MS
): Promise<void> {
  for (const endMs = Date.now() + patienceMs; !holds();) {
    assert.ok(Date.now() < endMs, `waited ${patienceMs} ms in vain until ${what}`);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}
