import { cpuSetOf, isSameSet, type CpuSet } from '../../protocol/cpuset';
import type { Confinement, Effect } from '../effects';
import { sharedCpus } from '../cpu/cpuPool';
import type { HolderEntry } from '../entries';
import type { State } from '../state';
import { weightFor, weightLevel } from '../cpu/weights';

/** Busy CPUs above which a holder without a running claim is worth a write (CPU8). */
const BACKGROUND_CPUS = 0.05;

/** What is the same for all holders of one step. */
type Frame = {
  /** The shared pool if exclusive claims made it smaller, or null for all CPUs. */
  readonly shared: CpuSet | null;
  readonly partitions: ReadonlyMap<HolderEntry, CpuSet> | null;
  /** What weights are relative to. */
  readonly level: number;
  /** Whether the tier fences GPUs (ENF7). */
  readonly fencesGpus: boolean;
};

function frameOf(state: State): Frame {
  const { pool, policy } = state;
  const isSmaller = pool.exclusive > 0 && policy === 'dynamic';
  return {
    shared: isSmaller ? sharedCpus(pool) : null,
    partitions: policy === 'partitioned' && state.dirty.size ? partition(state) : null,
    level: weightLevel(state),
    fencesGpus: state.node?.tier.enforced.includes('gpus') ?? false
  };
}

/** A static even split among the holders, in order of arrival; whole CPUs, at least one. */
function partition(state: State): Map<HolderEntry, CpuSet> {
  const ids = state.pool.slots.map(slot => slot.cpu.id);
  const holders = [...state.holders.values()];
  const size = Math.max(1, Math.floor(ids.length / Math.max(1, holders.length)));
  const parts = Math.max(1, Math.floor(ids.length / size));
  return new Map(
    holders.map((holder, index) => {
      const start = (index % parts) * size;
      return [holder, ids.slice(start, start + size)];
    })
  );
}

/**
 * The set that a holder is confined to, or null for all CPUs: where its cells are placed,
 * and also the shared pool if one of them is not placed.
 */
function cpusFor(state: State, holder: HolderEntry, frame: Frame): CpuSet | null {
  if (state.policy !== 'dynamic') {
    return frame.partitions?.get(holder) ?? null;
  }
  const { allocation: kept } = holder.held?.lease ?? { allocation: null };
  const sets: CpuSet[] = kept ? [kept.cpus] : [];
  let isPlaced = true;
  for (const { phase } of holder.running) {
    const mask = phase.mask?.cpus.length === state.pool.slots.length ? null : phase.mask;
    const allocation = phase.lease.allocation ?? mask; // a mask of all CPUs counts as none
    allocation ? sets.push(allocation.cpus) : (isPlaced = false);
  }
  if (isPlaced && sets.length) {
    return unionOf(sets);
  }
  return frame.shared && unionOf([...sets, frame.shared]);
}

/** The union; a single set is returned as it is, so that no change is seen at once. */
function unionOf(sets: readonly CpuSet[]): CpuSet {
  return sets.length === 1 ? sets[0]! : cpuSetOf(sets.flat());
}

/**
 * CPU8, without a write on a quiet node: a holder yields only while it uses CPU
 * without a running cell, and running cells lack some.
 */
function yields(state: State, holder: HolderEntry): boolean {
  return (
    state.policy === 'dynamic' &&
    state.isShort &&
    holder.holder.gated &&
    holder.running.size === 0 &&
    (holder.use?.cpusBusy ?? 0) > BACKGROUND_CPUS
  );
}

function memoryFor(holder: HolderEntry): number | null {
  let most: number | null = null;
  for (const { phase } of holder.running) {
    const { memoryBytes } = phase.lease;
    most = memoryBytes === null ? most : Math.max(most ?? 0, memoryBytes);
  }
  return most;
}

/**
 * The GPUs that a holder may open: those that it is bound to, which include its
 * leases. A holder without a gate is not fenced, because nobody could grant it one.
 */
function gpusFor({ holder, boundGpus }: HolderEntry, frame: Frame): readonly string[] | null {
  return frame.fencesGpus && holder.gated ? boundGpus : null;
}

function confinementOf(state: State, holder: HolderEntry, frame: Frame): Confinement {
  return {
    cpus: cpusFor(state, holder, frame),
    weight: weightFor(state, holder, frame.level),
    idle: yields(state, holder),
    memoryBytes: memoryFor(holder),
    gpus: gpusFor(holder, frame)
  };
}

function isSame(a: Confinement, b: Confinement): boolean {
  return (
    isSameSet(a.cpus, b.cpus) &&
    a.weight === b.weight &&
    a.idle === b.idle &&
    a.memoryBytes === b.memoryBytes &&
    a.gpus === b.gpus
  );
}

function isRemasked({ running, isStale, confined }: HolderEntry, { cpus }: Confinement): boolean {
  return running.size > 0 && (isStale || !isSameSet(confined.cpus, cpus));
}

/**
 * Order the changed confinements before the messages of this step, those of
 * holders without a running cell first, because others get what they return.
 * Messages about changed CPUs come last: most gates learn of them with their grants.
 */
export function orderConfinements(state: State): Effect[] {
  const frame = frameOf(state);
  const givers: Effect[] = [];
  const takers: Effect[] = [];
  for (const holder of state.dirty) {
    const confinement = confinementOf(state, holder, frame);
    if (holder.isStale || !isSame(confinement, holder.confined)) {
      const order = { holderId: holder.holder.id, confinement };
      (holder.running.size ? takers : givers).push({ type: 'confine', ...order });
      isRemasked(holder, confinement) && state.messages.push({ type: 'remask', ...order });
      holder.confined = confinement;
      holder.isStale = false;
    }
  }
  state.dirty.clear();
  return [...givers, ...takers];
}
