import type { Ask } from '../../protocol/ask';
import type { Reason } from '../../protocol/view';
import type { NodeFacts } from '../events';
import { promisedBytes } from '../leases';
import type { HolderEntry, State } from '../state';
import { bytesInWords } from '../words';
import { blockerOf, obstacle, othersHolding } from './obstacle';

/** PSI memory some avg10 above which nothing that asks for memory is admitted, in percent. */
export const PRESSURE_MAX = 10;

/** Memory that may be promised in all. */
export function grantableBytes(node: NodeFacts): number {
  return Math.max(0, node.memoryBytes - node.memoryReserveBytes);
}

/** What a holder would be counted with if it were granted this ask. */
function committedWith(holder: HolderEntry, askBytes: number): number {
  return Math.max(holder.use?.memoryBytes ?? 0, promisedBytes(holder), askBytes);
}

/** MEM1: why the memory asked for cannot be promised now, or null. */
export function memoryObstacle(state: State, holder: HolderEntry, ask: Ask): Reason | null {
  if (ask.memoryBytes === null || !state.node) {
    return null;
  }
  const need = bytesInWords(ask.memoryBytes);
  const others = state.committedBytes - holder.committedBytes;
  const room = grantableBytes(state.node) - others;
  const nothingRuns = state.running.size === holder.running.size;
  if (committedWith(holder, ask.memoryBytes) > room && !nothingRuns) {
    const blockers = othersHolding(state, holder, it => it.committedBytes).map(it =>
      blockerOf(it.holder, bytesInWords(it.amount))
    );
    return obstacle('memory', need, blockers, `only ${bytesInWords(Math.max(0, room))} is free`);
  }
  if ((state.memoryPressure ?? 0) > PRESSURE_MAX && !nothingRuns) {
    const pressure = Math.round(state.memoryPressure ?? 0);
    return obstacle('memory', need, [], `the node is short of memory (pressure ${pressure} %)`);
  }
  return null;
}
