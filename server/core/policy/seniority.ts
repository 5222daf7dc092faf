import type { Leaf, ShareNode } from './shareTree';

/** A cell's weight among those of its group changes (CPU7). */
export function changeSeniority(leaf: Leaf, seniority: number): void {
  for (let at: ShareNode | null = leaf.user; at; at = at.parent) {
    at.seniorities += seniority - leaf.seniority;
  }
  leaf.seniority = seniority;
}

/**
 * CPU7: a cell's weight among the cells of its group, 1 on average, so that
 * groups keep their entitlement whatever the age of their cells (FAIR1).
 */
export function relativeSeniority(leaf: Leaf): number {
  const members = leaf.user.parent!;
  return leaf.seniority * meanOf(members);
}

/** The weight of a group's cell that has used nothing yet. */
export function freshSeniority(user: ShareNode): number {
  return meanOf(user.parent!);
}

function meanOf({ running, seniorities }: ShareNode): number {
  return seniorities > 0 ? running / seniorities : 1;
}
