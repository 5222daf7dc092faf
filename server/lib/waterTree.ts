/**
 * A consumer of a {@link WaterTree}: wants at most `demand`, and counts
 * `weight` times. Changed only through its tree.
 */
export class Consumer {
  /** `serial` must be unique in its tree: it orders equals, and shapes the treap. */
  constructor(
    demand: number,
    weight: number,
    readonly serial: number
  ) {
    this.demand = demand;
    this.weight = weight;
    this.ratio = demand / weight;
    this.demandSum = demand;
    this.weightSum = weight;
    this.rank = scattered(serial);
  }

  demand: number;
  weight: number;
  /** The level at which its demand is met. */
  ratio: number;
  /** Sums over the subtree below this node, itself included. */
  demandSum: number;
  weightSum: number;
  left: Consumer | null = null;
  right: Consumer | null = null;
  /** A hash of the serial: heap order of the treap, so its depth is O(log n). */
  readonly rank: number;
}

function scattered(serial: number): number {
  const mixed = Math.imul(serial ^ (serial >>> 16), 0x45d9f3b);
  const again = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return (again ^ (again >>> 16)) >>> 0;
}

function comesBefore(a: Consumer, b: Consumer): boolean {
  return a.ratio !== b.ratio ? a.ratio < b.ratio : a.serial < b.serial;
}

function sum(it: Consumer): Consumer {
  it.demandSum = it.demand + (it.left?.demandSum ?? 0) + (it.right?.demandSum ?? 0);
  it.weightSum = it.weight + (it.left?.weightSum ?? 0) + (it.right?.weightSum ?? 0);
  return it;
}

function merge(low: Consumer | null, high: Consumer | null): Consumer | null {
  if (!low || !high) {
    return low ?? high;
  }
  if (low.rank > high.rank) {
    low.right = merge(low.right, high);
    return sum(low);
  }
  high.left = merge(low, high.left);
  return sum(high);
}

/** Split a treap in two: the nodes before `at`, and the rest. */
function split(root: Consumer | null, at: Consumer): [Consumer | null, Consumer | null] {
  if (!root) {
    return [null, null];
  }
  if (comesBefore(root, at)) {
    const [low, high] = split(root.right, at);
    root.right = low;
    return [sum(root), high];
  }
  const [low, high] = split(root.left, at);
  root.left = high;
  return [low, sum(root)];
}

function insert(root: Consumer | null, it: Consumer): Consumer {
  if (!root) {
    return sum(it);
  }
  if (it.rank > root.rank) {
    [it.left, it.right] = split(root, it);
    return sum(it);
  }
  if (comesBefore(it, root)) {
    root.left = insert(root.left, it);
  } else {
    root.right = insert(root.right, it);
  }
  return sum(root);
}

function remove(root: Consumer | null, it: Consumer): Consumer | null {
  if (!root) {
    throw new Error('a consumer was removed from a tree that it is not in');
  }
  if (root === it) {
    const rest = merge(root.left, root.right);
    it.left = it.right = null;
    return rest;
  }
  if (comesBefore(it, root)) {
    root.left = remove(root.left, it);
  } else {
    root.right = remove(root.right, it);
  }
  return sum(root);
}

/**
 * Weighted max-min over changing demands: each change and each query costs
 * O(log n).
 *
 * #### Notes
 * A treap ordered by `demand / weight`, with sums of both. Sums are always
 * those of the children, so that nothing drifts.
 */
export class WaterTree {
  /** Sum of all demands. */
  get demand(): number {
    return this._root?.demandSum ?? 0;
  }

  /** Add a consumer that is in no tree. */
  add(it: Consumer): void {
    this._root = insert(this._root, it);
  }

  /** Remove a consumer of this tree. */
  delete(it: Consumer): void {
    this._root = remove(this._root, it);
  }

  /** Change the demand and the weight of a consumer of this tree. */
  change(it: Consumer, demand: number, weight: number): void {
    if (it.demand === demand && it.weight === weight) {
      return;
    }
    this.delete(it);
    it.demand = demand;
    it.weight = weight;
    it.ratio = demand / weight;
    this.add(it);
  }

  /**
   * The level at which each has `min(demand, weight * level)` and all together
   * have the capacity.
   *
   * #### Notes
   * If the capacity meets all demands, the rest is spread by weight over
   * the highest ratio: the level keeps rising, so that it shows what a consumer
   * could have if it wanted more. Zero for an empty tree.
   */
  level(capacity: number): number {
    let met = 0; // demand of those whose ratio is below the level
    let unmetWeight = 0; // weight of those whose ratio is above it
    let highest = 0;
    for (let at = this._root; at;) {
      const demand = met + (at.left?.demandSum ?? 0) + at.demand;
      const weight = unmetWeight + (at.right?.weightSum ?? 0);
      if (demand + at.ratio * weight <= capacity) {
        met = demand;
        highest = at.ratio;
        at = at.right;
      } else {
        unmetWeight = weight + at.weight;
        at = at.left;
      }
    }
    if (unmetWeight > 0) {
      return (capacity - met) / unmetWeight;
    }
    return this._root ? highest + (capacity - met) / this._root.weightSum : 0;
  }

  private _root: Consumer | null = null;
}
