import type { CullRules } from '../core/cull/rules';
import type { Effect } from '../core/effects';
import { EVEN_SHARING, type Group } from '../core/policy/groups';
import { snapshot } from '../core/view';
import type { CullView } from '../protocol/cull';
import type { HolderKind } from '../protocol/holder';
import type { Snapshot } from '../protocol/view';
import { gpusOf, Harness, nodeOf } from './harness';

export const GIB = 1024 ** 3;
export const MINUTE = 60_000;

const STEP_MS = 3_000;

/** A node with one GPU and the idle kernels `k` and `other`; their Jupyter server reports on them. */
export class CullScene extends Harness {
  /** Kernels that a Jupyter server reports on. */
  readonly attended = new Set<string>();
  /** How long ago it says that people used them, in ms. */
  usedAgoMs = Infinity;

  constructor(cull: Partial<CullRules>, groups: readonly Group[] = []) {
    super(nodeOf({ gpus: gpusOf(1) }));
    this.configure(cull, groups);
    this.holder('k');
    this.holder('other');
    this.attended.delete('other');
  }

  override holder(...args: Parameters<Harness['holder']>): Effect[] {
    this.attended.add(args[0]);
    return super.holder(...args);
  }

  /** A new configuration; what it orders. */
  configure(cull: Partial<CullRules>, groups: readonly Group[] = []): string[] {
    return ordersOf(this.send({ type: 'configured', sharing: { ...EVEN_SHARING, groups, cull } }));
  }

  /** A server reports on a kernel; what follows. */
  attend(holderId: string): string[] {
    const usedMs = this.clock.nowMs - Math.min(this.usedAgoMs, 1e12);
    return ordersOf(this.send({ type: 'attended', kernels: [{ holderId, usedMs }] }));
  }

  /** Let minutes pass, with reports and ticks; what was ordered meanwhile. */
  pass(minutes: number): string[] {
    const orders: string[] = [];
    for (let left = minutes * MINUTE; left > 0; left -= STEP_MS) {
      this.attended.forEach(it => orders.push(...this.attend(it)));
      orders.push(...ordersOf(this.wait(Math.min(left, STEP_MS))));
    }
    return orders;
  }

  /** Its server begins to shut a kernel down; whether it may. */
  begin(holderId: string): boolean {
    this.send({ type: 'cullBegun', holderId });
    const holder = this.state.holders.get(holderId)!;
    return this.state.cull?.watches.get(holder)?.phase.kind === 'begun';
  }

  /** A holder of another kind, by itself. */
  child(id: string, kind: HolderKind, parentHolderId: string | null = null): void {
    const process = { id, kind, pid: 2000, startTicks: 1, name: id, owner: 'user' };
    const holder = { ...process, group: [], parentHolderId, gated: true };
    this.send({ type: 'holderArrived', holder });
    this.attended.add(id);
  }

  /** A command that a kernel started uses a CPU. */
  childAtWork(parentHolderId: string): void {
    this.child('command', 'command', parentHolderId);
    this.measure('command', { cpusBusy: 1 });
  }

  /** The GPU is used so much, and these have memory there. */
  gpu(utilisation: number, holderIds: readonly string[]): void {
    const figures = { memoryUsedBytes: null, temperatureC: null, powerW: null };
    const process = { pid: 1, name: 'python', memoryBytes: GIB, owner: 'user' };
    const processes = holderIds.map(holderId => ({ ...process, holderId }));
    const use = { uuid: 'GPU-0', ...figures, utilisation, processes };
    this.send({ type: 'gpusMeasured', gpus: [use] });
  }

  view(): Snapshot {
    return snapshot(this.state, 0, '');
  }

  cullOf(holderId: string): CullView | undefined {
    return this.view().holders.find(it => it.id === holderId)?.cull;
  }
}

function ordersOf(effects: readonly Effect[]): string[] {
  return effects.flatMap(it =>
    it.type === 'cull'
      ? [`${it.isOrdered ? 'order' : 'spare'} ${it.holderId}`]
      : it.type === 'attend'
        ? [`attend ${it.everyMs}`]
        : []
  );
}
