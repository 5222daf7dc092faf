import type { NodeFacts } from '../events';
import type { State } from '../state';

/** Memory that may be promised in all, where others leave it. */
export function grantableBytes(node: NodeFacts): number {
  return Math.max(0, node.memoryBytes - node.memoryReserveBytes);
}

/**
 * MEM1, ADM14: memory that may be promised in all as long as others hold what they do.
 *
 * #### Notes
 * Others are in the way only with what they hold beyond the reserve, which is there for
 * them, and beyond what a person hands out of the machine.
 */
export function promisableBytes({ node, others }: State): number {
  const beside = others ? others.totalBytes - others.bytes : Infinity;
  return node ? Math.max(0, Math.min(grantableBytes(node), beside)) : 0;
}

/** ADM14: of what may be promised else, how much others hold. */
export function othersInTheWay(state: State): number {
  return state.node ? grantableBytes(state.node) - promisableBytes(state) : 0;
}
