import type { Ask } from '../../protocol/ask';
import type { Reason } from '../../protocol/facts';
import type { NodeFacts } from '../events';
import { MEMORY_LEDGER, promisedBytes } from '../holder/leases';
import type { HolderEntry } from '../entries';
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
export function lacksOthersBytes(state: State, holder: HolderEntry, { memoryBytes }: Ask): boolean {
  return (
    memoryBytes !== null &&
    memoryBytes > promisableBytes(state) &&
    !growthOfBytes(holder, memoryBytes).isCovered
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
export function memoryObstacle(state: State, holder: HolderEntry, ask: Ask): Obstacle | null {
  const { node } = state;
  if (ask.memoryBytes === null || !node) {
    return null;
  }
  const askBytes = ask.memoryBytes;
  const growth = growthOfBytes(holder, askBytes);
  const most = promisableBytes(state);
  const isAlone = runsAlone(state, holder);
  if (growth.isCovered || (isAlone && askBytes <= most)) {
    return null;
  }
  const left = most - state.committedBytes;
  const room = left + holder.committedBytes;
  const short = growth.amount - left;
  if (short > 0) {
    // If nothing else runs, what idle kernels keep blocks nobody.
    const found = () => (isAlone ? [] : othersWithMemory(state, holder));
    const reason = () =>
      heldReason('memory', needOf(askBytes), withOthers(state, node, short, found())) ??
      scarceReason(askBytes, Math.max(0, room));
    return { resource: 'memory', reason };
  }
  const shortage = shortageOf(state, node, askBytes);
  return shortage && { resource: 'memory', reason: () => shortage };
}

function needOf(bytes: number): { readonly kind: 'memory'; readonly bytes: number } {
  return { kind: 'memory', bytes };
}

function scarceReason(askBytes: number, left: number): Reason {
  return { kind: 'scarce', resource: 'memory', blockers: [], need: needOf(askBytes), left };
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

/** Other holders that have memory: promised by a grant, or merely resident. */
function othersWithMemory(state: State, self: HolderEntry): Iterable<Found> {
  return othersHolding(
    state,
    self,
    it => it.committedBytes,
    it => promisedBytes(it) > 0
  );
}

/**
 * MEM1: how the node is short of memory now, whatever the cause; null if it is
 * not. Promises may fit while processes other than the kernels do not.
 */
function shortageOf(state: State, node: NodeFacts, askBytes: number): Reason | null {
  const common = { resource: 'memory', blockers: [], need: needOf(askBytes) } as const;
  const percent = state.memoryPressure ?? 0;
  if (percent > PRESSURE_MAX) {
    return { kind: 'pressure', ...common, percent };
  }
  const leftBytes = state.memoryAvailableBytes;
  return leftBytes !== null && leftBytes < node.memoryReserveBytes * LOW_PART
    ? { kind: 'nodeFull', ...common, leftBytes }
    : null;
}
