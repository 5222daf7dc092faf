import type { MemoryNeed, Reason } from '../../protocol/facts';
import type { NodeFacts } from '../events';
import { leasesOf, MEMORY_LEDGER, promisedBytes } from '../holder/leases';
import { neededBytes } from '../learn/expected';
import type { ClaimEntry, HolderEntry } from '../entries';
import type { State } from '../state';
import { growthOf, runsAlone, type Growth } from '../holder/trees';
import { inTheWay, WORTH_A_NAME, type Found } from '../queue/inTheWay';
import {
  blockingOf,
  heldReason,
  othersHolding,
  type Blocking,
  type Obstacle
} from '../queue/obstacle';
import { grantableBytes, othersInTheWay, promisableBytes } from './promisable';

/** PSI memory some avg10 above which nothing that asks for memory is admitted, in percent. */
export const PRESSURE_MAX = 10;

/** Nothing that asks for memory is admitted either while less than this fraction of the reserve is left. */
const LOW_PART = 1 / 2;

/** ADM14: whether a holder lacks memory that only others, and no end of a cell, could release. */
export function lacksOthersBytes(state: State, entry: ClaimEntry): boolean {
  const bytes = neededBytes(entry);
  return (
    bytes !== null &&
    bytes > promisableBytes(state) &&
    !growthOfBytes(entry.holder, bytes).isCovered
  );
}

/** What would be counted in addition if a holder were granted this ask. */
export function growthOfBytes(holder: HolderEntry, askBytes: number): Growth {
  return growthOf(MEMORY_LEDGER, holder, Math.max(promisedBytes(holder), askBytes));
}

/**
 * MEM1: why the memory asked for cannot be promised now, or null.
 *
 * #### Notes
 * If no other cell runs, nothing could end and make room: then the claim is
 * admitted, because it would wait forever (ADM7); but not into memory that others
 * hold (ADM14). The promise of a cell around it covers it, too (ADM10).
 */
export function memoryObstacle(state: State, entry: ClaimEntry): Obstacle | null {
  const { node } = state;
  const { holder } = entry;
  const askBytes = neededBytes(entry);
  if (askBytes === null || !node) {
    return null;
  }
  const need = memoryNeed(entry);
  const growth = growthOfBytes(holder, askBytes);
  const most = promisableBytes(state);
  const isAlone = runsAlone(state, holder);
  // A prediction waits for the end of cells alone: what others hold may stay for days (LEARN4).
  const isEnough = askBytes <= most || entry.claim.ask.memoryBytes === null;
  if (growth.isCovered || (isAlone && isEnough)) {
    return null;
  }
  const left = most - state.committedBytes;
  const room = left + holder.committedBytes;
  const short = growth.amount - left;
  if (short > 0) {
    // If nothing else runs, what idle kernels keep blocks nobody.
    const found = () => (isAlone ? [] : othersWithMemory(state, holder));
    const reason = () =>
      heldReason('memory', need, withOthers(state, node, short, found())) ??
      scarceReason(need, Math.max(0, room));
    return { resource: 'memory', reason };
  }
  const shortage = shortageOf(state, node, need);
  return shortage && { resource: 'memory', reason: () => shortage };
}

/** The memory that a claim waits for, and by what past runs, if it named none itself. */
export function memoryNeed(entry: ClaimEntry): MemoryNeed {
  const bytes = neededBytes(entry) ?? 0;
  const { level, runs } = entry.predicted?.memoryBytes ?? {};
  return entry.claim.ask.memoryBytes === null && level && runs
    ? { kind: 'memory', bytes, basis: { level, runs } }
    : { kind: 'memory', bytes };
}

function scarceReason(need: MemoryNeed, left: number): Reason {
  return { kind: 'scarce', resource: 'memory', blockers: [], need, left };
}

/** API4: the blocking holders, and other processes (ADM14) if these matter. */
function withOthers(
  state: State,
  node: NodeFacts,
  short: number,
  found: Iterable<Found>
): Blocking {
  const blocking = blockingOf(inTheWay(found, short), (bytes, isGranted) => ({
    kind: 'memory',
    bytes,
    isGranted
  }));
  const bytes = othersInTheWay(state);
  const matters = bytes > 0 && bytes >= Math.min(short, grantableBytes(node) * WORTH_A_NAME);
  return { ...blocking, othersBytes: matters ? (state.others?.bytes ?? 0) : null };
}

/** Other holders that have memory: granted as an amount, expected to need it, or merely resident. */
function othersWithMemory(state: State, self: HolderEntry): Iterable<Found> {
  return othersHolding(
    state,
    self,
    it => it.committedBytes,
    it => leasesOf(it).some(lease => lease.memoryBytes !== null)
  );
}

/**
 * MEM1: how the node is short of memory now, whatever the cause; null if it is
 * not. Promises may fit while processes other than the kernels do not.
 */
function shortageOf(state: State, node: NodeFacts, need: MemoryNeed): Reason | null {
  const common = { resource: 'memory', blockers: [], need } as const;
  const percent = state.memoryPressure ?? 0;
  if (percent > PRESSURE_MAX) {
    return { kind: 'pressure', ...common, percent };
  }
  const leftBytes = state.memoryAvailableBytes;
  return leftBytes !== null && leftBytes < node.memoryReserveBytes * LOW_PART
    ? { kind: 'nodeFull', ...common, leftBytes }
    : null;
}
