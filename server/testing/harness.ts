import type { Confinement, Effect } from '../core/effects';
import { UNCONFINED } from '../core/effects';
import type { Cpu, Event, Gpu, HolderUse, NodeFacts } from '../core/events';
import { checkInvariants } from '../core/invariants';
import { createState, step, type State } from '../core/step';
import { NOTHING_ASKED, type Ask } from '../protocol/ask';
import type { Caller } from '../protocol/caller';
import type { Execution } from '../protocol/execution';
import type { Grant } from '../protocol/grant';
import type { TierView } from '../protocol/view';
import { SimulatedClock } from './simulatedClock';

/** An event without its time: the harness knows it. */
export type Happening = Event extends infer E
  ? E extends unknown
    ? Omit<E, 'atMs'>
    : never
  : never;

/** CPUs of a made-up machine: hyper-threads of a core are neighbours. */
export function cpusOf(shape: {
  readonly cores: number;
  readonly threads?: number;
  readonly coresPerCache?: number;
  readonly coresPerNuma?: number;
}): Cpu[] {
  const { cores, threads = 1, coresPerCache = cores, coresPerNuma = cores } = shape;
  return Array.from({ length: cores * threads }, (_, id) => {
    const core = Math.floor(id / threads);
    const cache = Math.floor(core / coresPerCache);
    return { id, core, cache, numa: Math.floor(core / coresPerNuma) };
  });
}

/** GPUs of a made-up machine. */
export function gpusOf(count: number, memoryBytes = 80 * 1024 ** 3, model = 'H100'): Gpu[] {
  return Array.from({ length: count }, (_, index) => ({
    uuid: `GPU-${index}`,
    index,
    model,
    memoryBytes
  }));
}

/** So many MIG slices of one GPU that are compute instances of one GPU instance. */
export function slicesOf(count: number, memoryBytes = 80 * 1024 ** 3): Gpu[] {
  return Array.from({ length: count }, (_, computeInstance) => ({
    uuid: `MIG-${computeInstance}`,
    index: 0,
    model: 'H100',
    memoryBytes,
    slice: { gpu: 'GPU-0', gpuInstance: 1, computeInstance }
  }));
}

const TIER: TierView = {
  name: 'cgroup-v2',
  enforced: ['cpus', 'memory'],
  notEnforced: [],
  reason: 'a test'
};

/** A tier that keeps GPUs from those that were not granted them, too (ENF7). */
export const FENCING: TierView = { ...TIER, enforced: ['cpus', 'memory', 'gpus'] };

/** A holder that uses nothing. */
const NO_USE = { cpusBusy: 0, cpuSeconds: 0, memoryBytes: 0, threads: 1, gpuMemoryBytes: {} };

/** A person who asks for things. */
export const ANN: Caller = { uid: 1000, name: 'ann' };

/** A made-up node: 4 CPUs, 64 GiB with 4 GiB kept back, no GPU, shares by weight. */
export function nodeOf(parts: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name: 'node',
    cpus: cpusOf({ cores: 4 }),
    memoryBytes: 64 * 1024 ** 3,
    memoryReserveBytes: 4 * 1024 ** 3,
    gpus: [],
    tier: TIER,
    sharesByWeight: true,
    packsThreads: false,
    ...parts
  };
}

/**
 * The real core with a simulated clock, and what its effects did.
 *
 * #### Notes
 * Each event checks every invariant: a test of anything is a test of these.
 */
export class Harness {
  constructor(node: NodeFacts = nodeOf()) {
    this.send({ type: 'nodeFound', node });
  }

  readonly state: State = createState();
  readonly clock = new SimulatedClock();
  /** What each holder is held to, as the effects ordered. */
  readonly confined = new Map<string, Confinement>();
  /** The last grant of each claim. */
  readonly grants = new Map<string, Grant>();
  /** Confinements ordered so far. */
  writes = 0;

  /** The executions that ended, oldest first. */
  readonly executions: Execution[] = [];

  /** Let something happen now; returns its effects, except `executed`: see {@link executions}. */
  send(happening: Happening): Effect[] {
    const effects = step(this.state, { ...happening, atMs: this.clock.nowMs } as Event);
    effects.forEach(effect => this._apply(effect));
    const faults = checkInvariants(this.state);
    if (faults.length) {
      throw new Error(`after ${JSON.stringify(happening)}: ${faults.join('; ')}`);
    }
    return effects.filter(it => it.type !== 'executed');
  }

  /** Let time pass, then tick. */
  wait(ms: number): Effect[] {
    this.clock.advance(ms);
    return this.send({ type: 'ticked' });
  }

  /** A holder arrives. */
  holder(
    id: string,
    owner = 'user',
    group: readonly string[] = [],
    parentHolderId: string | null = null
  ): Effect[] {
    const process = { id, kind: 'kernel', pid: 1000, startTicks: 1, name: id } as const;
    const holder = { ...process, owner, group, parentHolderId, gated: true };
    return this.send({ type: 'holderArrived', holder });
  }

  /** A holder's claim arrives. */
  claim(
    id: string,
    holderId: string,
    ask: Partial<Ask> = {},
    more: {
      readonly sourceHash?: string;
      readonly cellId?: string;
      readonly outerId?: string;
    } = {}
  ): Effect[] {
    const { sourceHash = null, cellId = null, outerId = null } = more;
    const claim = {
      id,
      holderId,
      outerId,
      cellId,
      label: null,
      sourceHash,
      ask: { ...NOTHING_ASKED, ...ask }
    };
    return this.send({ type: 'claimArrived', claim, granted: null, waitingSinceMs: null });
  }

  /** A claim's cell ends. */
  end(claimId: string): Effect[] {
    return this.send({ type: 'claimEnded', claimId, outcome: 'ok', cpuSeconds: null });
  }

  /** A holder was measured. */
  measure(holderId: string, use: Partial<HolderUse>): Effect[] {
    return this.send({ type: 'useMeasured', holders: [{ ...NO_USE, ...use, holderId }] });
  }

  /** What a holder is held to now. */
  confinement(holderId: string): Confinement {
    return this.confined.get(holderId) ?? UNCONFINED;
  }

  private _apply(effect: Effect): void {
    switch (effect.type) {
      case 'confine':
        this.confined.set(effect.holderId, effect.confinement);
        this.writes += 1;
        return;
      case 'grant':
      case 'regrant':
        this.grants.set(effect.claimId, effect.grant);
        return;
      case 'executed':
        this.executions.push(effect.execution);
        return;
      default:
        return;
    }
  }
}
