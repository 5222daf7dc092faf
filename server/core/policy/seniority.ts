/**
 * CPU7: the levels of attained service. A weight halves at each of these CPU seconds.
 *
 * #### Notes
 * Short cells pass long ones without any prediction of their lengths, as in least
 * attained service; with at most four writes per cell, and no starvation,
 * since the last level still has a sixteenth of the first.
 */
const SERVICE_LEVELS_CPU_SECONDS: readonly number[] = [2, 16, 128, 1024];

/** The weight after so many CPU seconds; 1 at first. */
export function seniorityAfter(cpuSeconds: number): number {
  return 2 ** -SERVICE_LEVELS_CPU_SECONDS.filter(it => cpuSeconds >= it).length;
}

/** The seniorities of those right below a node, so that a mean costs no walk. */
export type Seniorities = {
  /** How many of them run cells. */
  count: number;
  sum: number;
  /** CPU time that the running cells of a user have used together, in s; 0 for all else. */
  attained: number;
  /** The weight of a user among its peers that follows from it. */
  own: number;
};

/** A user, or the members of a group, in the tree of shares. */
type Aged = { readonly parent: Aged | null; seniorities: Seniorities };

/** A running cell of a user. */
type AgedCell = {
  readonly user: Aged;
  /** Its weight among the cells of its user, by the CPU time it has used. */
  seniority: number;
  /** That CPU time, in s. */
  attained: number;
};

/** Nothing runs. */
export function createSeniorities(): Seniorities {
  return { count: 0, sum: 0, attained: 0, own: 1 };
}

/** A cell that has used nothing starts. */
export function joinSeniority({ user, seniority, attained }: AgedCell): void {
  user.seniorities.count += 1;
  user.seniorities.sum += seniority;
  if (user.seniorities.count === 1) {
    const { seniorities } = user.parent!;
    seniorities.count += 1;
    seniorities.sum += user.seniorities.own;
  }
  setAttained(user, user.seniorities.attained + attained);
}

/** A cell ended. */
export function leaveSeniority({ user, seniority, attained }: AgedCell): void {
  user.seniorities.count -= 1;
  user.seniorities.sum -= seniority;
  setAttained(user, user.seniorities.attained - attained);
  if (user.seniorities.count === 0) {
    const { seniorities } = user.parent!;
    seniorities.count -= 1;
    seniorities.sum -= user.seniorities.own;
    user.seniorities = createSeniorities(); // no rounding errors are kept
  }
}

/** CPU7: a cell has used so many CPU seconds. Returns whether that changes a weight. */
export function attain(cell: AgedCell, cpuSeconds: number): boolean {
  const { user } = cell;
  const before = cell.seniority;
  cell.seniority = seniorityAfter(cpuSeconds);
  user.seniorities.sum += cell.seniority - before;
  const used = cpuSeconds - cell.attained;
  cell.attained = cpuSeconds;
  return setAttained(user, user.seniorities.attained + used) || cell.seniority !== before;
}

function setAttained({ seniorities, parent }: Aged, cpuSeconds: number): boolean {
  const own = seniorityAfter(cpuSeconds);
  const difference = own - seniorities.own;
  seniorities.attained = cpuSeconds;
  seniorities.own = own;
  parent!.seniorities.sum += difference;
  return difference !== 0;
}

/**
 * CPU7: a cell's weight by age, 1 on average: among the cells of its user, and its user's among
 * those of the group.
 *
 * #### Notes
 * A user's age is what all its running cells have used. So one cell of a user and eight of
 * another, which use as much together, stay alike; and groups keep their entitlement whatever
 * the age of their cells (FAIR1).
 */
export function relativeSeniority({ user, seniority }: AgedCell): number {
  return seniority * freshSeniority(user);
}

/** The weight of a user's cell that has used nothing yet. */
export function freshSeniority(user: Aged): number {
  return meanOf(user) * user.seniorities.own * meanOf(user.parent!);
}

function meanOf({ seniorities: { count, sum } }: Aged): number {
  return sum > 0 ? count / sum : 1;
}
