import { Gauge, type Registry } from 'prom-client';

import { parseCpuList } from '../protocol/cpuset';
import type { HolderView, NodeView, Snapshot } from '../protocol/view';

/** What holders have and use together; `who` is a group, or a user. */
type Sum = {
  readonly who: string;
  readonly pinnedCpus: Set<number>;
  busyCpus: number;
  promisedBytes: number;
  usedBytes: number;
  readonly gpus: Set<string>;
};

/** Figures of the node, each with its unit at the end of its name. */
const NODE: Readonly<Record<string, { help: string; of: (node: NodeView) => number | null }>> = {
  cpus: { help: 'CPUs that may be granted.', of: it => it.cpus },
  cpus_pinned: { help: 'CPUs in pinned sets of running cells.', of: it => it.cpusGranted },
  cpus_busy: { help: 'CPUs busy now, by any process.', of: it => it.cpusBusy },
  memory_bytes: { help: 'Memory of the node.', of: it => it.memoryBytes },
  memory_reserve_bytes: {
    help: 'Memory kept back from grants.',
    of: it => it.memoryReserveBytes
  },
  memory_used_bytes: { help: 'Memory in use, by any process.', of: it => it.memoryUsedBytes },
  memory_promised_bytes: {
    help: 'Memory granted to running cells or held for the next ones.',
    of: it => it.memoryPromisedBytes
  },
  memory_kept_bytes: { help: 'Memory of idle holders.', of: it => it.memoryKeptBytes },
  memory_others_bytes: {
    help: 'Memory of processes that hold no grant.',
    of: it => it.memoryOthersBytes
  },
  gpus: { help: 'GPUs that may be granted.', of: it => it.gpus.filter(gpu => !gpu.isLost).length },
  gpus_leased: {
    help: 'GPUs with a compute lease.',
    of: it => it.gpus.filter(gpu => gpu.leasedTo.length > 0).length
  }
};

const SUMS: Readonly<Record<string, { help: string; of: (sum: Sum) => number }>> = {
  cpus_pinned: { help: 'CPUs in pinned sets', of: it => it.pinnedCpus.size },
  cpus_busy: { help: 'CPUs busy now', of: it => it.busyCpus },
  memory_promised_bytes: { help: 'Memory granted', of: it => it.promisedBytes },
  memory_used_bytes: { help: 'Memory in use', of: it => it.usedBytes },
  gpus_leased: { help: 'GPUs granted', of: it => it.gpus.size }
};

/** Shows a snapshot as gauges. */
export class Gauges {
  private readonly node: ReadonlyMap<string, Gauge>;
  private readonly perGroup: ReadonlyMap<string, Gauge>;
  private readonly perUser: ReadonlyMap<string, Gauge>;
  private readonly claims: Gauge;
  private readonly holders: Gauge;
  private readonly gpuUse: Gauge;
  private readonly gpuMemory: Gauge;

  constructor(registry: Registry) {
    const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge =>
      new Gauge({ name: `cellgrant_${name}`, help, labelNames, registers: [registry] });
    const each = <T extends { help: string }>(
      table: Readonly<Record<string, T>>,
      make: (name: string, row: T) => Gauge
    ) => new Map(Object.entries(table).map(([name, row]) => [name, make(name, row)]));
    this.node = each(NODE, (name, { help }) => gauge(`node_${name}`, help));
    this.perGroup = each(SUMS, (name, { help }) =>
      gauge(`group_${name}`, `${help} by the holders of a group.`, ['group'])
    );
    this.perUser = each(SUMS, (name, { help }) =>
      gauge(`user_${name}`, `${help} by the holders of a user.`, ['user'])
    );
    this.claims = gauge('claims', 'Claims by state.', ['group', 'state']);
    this.holders = gauge('holders', 'Kernels and other holders by state.', ['kind', 'state']);
    this.gpuUse = gauge('gpu_utilisation_ratio', 'Part of the time that a GPU computes.', [
      'gpu',
      'model'
    ]);
    this.gpuMemory = gauge('gpu_memory_used_bytes', 'Memory in use on a GPU.', ['gpu', 'model']);
  }

  /** Show this snapshot; users by name only where that is wanted. */
  show({ node, holders, claims }: Snapshot, namesUsers: boolean): void {
    for (const [name, gauge] of this.node) {
      setOrDrop(gauge, {}, NODE[name]!.of(node));
    }
    showSums(
      this.perGroup,
      sumBy(holders, it => it.group),
      'group'
    );
    showSums(this.perUser, namesUsers ? sumBy(holders, it => it.owner) : [], 'user');
    this.holders.reset();
    holders.forEach(({ kind, state }) => this.holders.inc({ kind, state }));
    this.claims.reset();
    const groups = new Map(holders.map(it => [it.id, it.group]));
    for (const { holderId, state } of claims) {
      state === 'done' || this.claims.inc({ group: groups.get(holderId) ?? '', state });
    }
    for (const gpu of node.gpus) {
      const labels = { gpu: gpu.uuid, model: gpu.model };
      setOrDrop(this.gpuUse, labels, gpu.utilisation);
      setOrDrop(this.gpuMemory, labels, gpu.memoryUsedBytes);
    }
  }
}

/** A figure that is not known is absent, not 0. */
function setOrDrop(gauge: Gauge, labels: Record<string, string>, value: number | null): void {
  value === null ? gauge.remove(labels) : gauge.set(labels, value);
}

function showSums(gauges: ReadonlyMap<string, Gauge>, sums: readonly Sum[], label: string): void {
  for (const [name, gauge] of gauges) {
    gauge.reset();
    sums.forEach(sum => gauge.set({ [label]: sum.who }, SUMS[name]!.of(sum)));
  }
}

/** Each tree of holders counts once, what a child has that its parent has not where the child is. */
function sumBy(holders: readonly HolderView[], whoOf: (it: HolderView) => string): Sum[] {
  const sums = new Map<string, Sum>();
  const promised = promisedBeyondChildren(holders);
  for (const holder of holders) {
    const who = whoOf(holder);
    const sum = sums.get(who) ?? nothing(who);
    sums.set(who, sum);
    add(sum, holder);
    sum.promisedBytes += promised(holder);
  }
  return [...sums.values()];
}

const nothing = (who: string): Sum => ({
  who,
  pinnedCpus: new Set(),
  busyCpus: 0,
  promisedBytes: 0,
  usedBytes: 0,
  gpus: new Set()
});

/** What a holder is promised that none inside it is: a child draws on its parent's grant (ADM10). */
function promisedBeyondChildren(holders: readonly HolderView[]): (it: HolderView) => number {
  const children = new Map<string | null, HolderView[]>();
  for (const it of holders) {
    const siblings = children.get(it.parentHolderId) ?? [];
    children.set(it.parentHolderId, siblings);
    siblings.push(it);
  }
  const own = (it: HolderView) => it.grant?.memoryBytes ?? 0;
  const inside = (it: HolderView): number =>
    (children.get(it.id) ?? []).reduce(
      (sum, child) => sum + Math.max(own(child), inside(child)),
      0
    );
  return it => Math.max(0, own(it) - inside(it));
}

function add(sum: Sum, { grant, cpusBusy, memoryBytes, parentHolderId }: HolderView): void {
  grant?.cpus && parseCpuList(grant.cpus).forEach(cpu => sum.pinnedCpus.add(cpu));
  grant?.gpus.forEach(gpu => sum.gpus.add(gpu));
  // What was measured of a parent contains its children.
  sum.busyCpus += parentHolderId === null ? (cpusBusy ?? 0) : 0;
  sum.usedBytes += parentHolderId === null ? (memoryBytes ?? 0) : 0;
}
