import type { NodeFacts } from '../events';
import type { State } from '../state';

/** Memory that may be promised in total, if others leave it. */
export function grantableBytes(node: NodeFacts): number {
  return Math.max(0, node.memoryBytes - node.memoryReserveBytes);
}

/**
 * MEM1, ADM14: memory that may be promised in total while others hold what they do.
 *
 * #### Notes
 * Others reduce it only by what they hold beyond the reserve, which covers
 * them, and beyond the part of the machine that is not handed out.
 */
export function promisableBytes({ node, others }: State): number {
  const beside = others ? others.totalBytes - others.bytes : Infinity;
  return node ? Math.max(0, Math.min(grantableBytes(node), beside)) : 0;
}

/** ADM14: how much others hold of what could otherwise be promised. */
export function othersInTheWay(state: State): number {
  return state.node ? grantableBytes(state.node) - promisableBytes(state) : 0;
}
