import type { Effect } from '../../core/effects';
import type { Event, HolderUse, NodeFacts, PolicyName } from '../../core/events';
import type { Sharing } from '../../core/policy/groups';
import { recordRun } from '../../core/policy/profiles';
import { createState, step, type State } from '../../core/step';
import { NOTHING_ASKED } from '../../protocol/ask';
import { sentenceOf } from '../../protocol/errors';
import type { IPolicy } from '../engine';
import type { Execution } from '../execution';
import { ProportionalSharing } from '../proportionalSharing';
import { createKernel, gpuUse, use, type Kernel } from './kernel';

/** What the arbiter knows of a cell's demand before it runs. */
export type Knowledge = 'known' | 'unknown' | 'learned';

/** How the arbiter is driven. */
export type ArbiterOptions = {
  readonly node: NodeFacts;
  readonly beta: number;
  readonly knowledge: Knowledge;
  readonly policy: PolicyName;
  readonly users: number;
  /** Whether the core may refuse a cell, which ends then; otherwise that is an error. */
  readonly mayRefuse?: boolean;
  /** Groups and their quotas; none if absent. */
  readonly sharing?: Sharing;
  /** Whose kernel it is, where several belong to one person; each its own if absent. */
  readonly ownerOf?: (user: number) => string;
  /** The group of a user, from the root; the root itself if absent. */
  readonly groupOf?: (user: number) => readonly string[];
};

/** How often use is measured, as the daemon does. */
const MEASURED_EVERY_S = 1;
/** The simulation's zero on the core's clock. */
const START_MS = 1_800_000_000_000;

/**
 * The very core that the sidecar runs, on a simulated clock.
 *
 * #### Notes
 * Every user has one kernel. Claims arrive and end as gates report them, use is
 * measured each second, and what the effects order is what the kernels get:
 * thread counts from grants, weights and masks from confinements. Nothing else
 * of the core is known here, and the core knows nothing of the simulation.
 */
export class Arbiter implements IPolicy {
  /** Confinements ordered. */
  writes = 0;

  private readonly state: State = createState();
  private readonly sharing: ProportionalSharing;
  private readonly kernels: Kernel[];
  private readonly byId = new Map<string, Kernel>();
  /** Kernels that run something, or did at the last measurement. */
  private readonly awake = new Set<Kernel>();
  private readonly claims = new Map<string, Execution>();
  private claimCount = 0;
  private measureAtS = MEASURED_EVERY_S;

  constructor(private readonly options: ArbiterOptions) {
    const { node, beta, users, policy } = options;
    this.sharing = new ProportionalSharing(node.cpus.length, beta, node.sharesByWeight);
    this.send(0, { type: 'nodeFound', node });
    this.send(0, { type: 'policyChosen', policy, by: null });
    if (options.sharing) {
      this.send(0, { type: 'configured', sharing: options.sharing });
    }
    this.kernels = Array.from({ length: users }, (_, user) => this.kernelOf(user));
  }

  arrived(execution: Execution, nowS: number): void {
    if (this.claims.size === 0) {
      this.measureAtS = Math.max(this.measureAtS, Math.floor(nowS) + MEASURED_EVERY_S);
    }
    const { user } = execution.cell;
    const kernel = this.kernels[user]!;
    kernel.execution = execution;
    this.awake.add(kernel);
    kernel.claimId = `claim ${(this.claimCount += 1)}`;
    this.claims.set(kernel.claimId, execution);
    this.claim(nowS, kernel, execution);
  }

  ended(execution: Execution, nowS: number): void {
    const kernel = this.kernels[execution.cell.user]!;
    kernel.cpuSecondsBefore += execution.cpuSeconds;
    kernel.execution = null;
    this.claims.delete(kernel.claimId);
    this.send(nowS, {
      type: 'claimEnded',
      claimId: kernel.claimId,
      outcome: 'ok',
      cpuSeconds: execution.cpuSeconds
    });
  }

  share(executions: readonly Execution[], nowS: number): number {
    if (nowS >= this.measureAtS) {
      this.measure(nowS);
      this.measureAtS += MEASURED_EVERY_S;
    }
    this.sharing.apply(executions, ({ cell }) => this.kernels[cell.user]!.confinement);
    return executions.length ? this.measureAtS : Infinity;
  }

  private kernelOf(user: number): Kernel {
    const id = `kernel ${user}`;
    const group = this.options.groupOf?.(user) ?? [];
    const process = { kind: 'kernel', pid: 1, startTicks: 1, gated: true } as const;
    const owner = this.options.ownerOf?.(user) ?? `user ${user}`;
    const holder = { ...process, id, name: id, owner, group };
    this.send(0, { type: 'holderArrived', holder });
    const kernel = createKernel(id);
    this.byId.set(id, kernel);
    return kernel;
  }

  private claim(nowS: number, kernel: Pick<Kernel, 'id' | 'claimId'>, execution: Execution): void {
    const { gpus, memoryBytes, ask } = execution.cell;
    this.send(nowS, {
      type: 'claimArrived',
      claim: {
        id: kernel.claimId,
        holderId: kernel.id,
        outerId: null,
        cellId: null,
        label: null,
        sourceHash: this.sourceHashOf(execution, kernel.claimId),
        ask: ask ?? { ...NOTHING_ASKED, gpus, memoryBytes: memoryBytes || null }
      },
      granted: null,
      waitingSinceMs: null
    });
  }

  /**
   * The source by which the core knows a cell: none, its own, or one that was
   * recorded just before, with nothing but its demand, as if from a history.
   */
  private sourceHashOf({ cell }: Execution, claimId: string): string | null {
    const { knowledge } = this.options;
    if (knowledge !== 'known') {
      return knowledge === 'learned' ? cell.source : null;
    }
    const run = { isWhole: true, tookMs: 0, cpusPeak: cell.threads, wasLimited: false };
    recordRun(this.state.profiles, claimId, { ...run, efficiency: null });
    return claimId;
  }

  private measure(nowS: number): void {
    const holders: HolderUse[] = [];
    for (const kernel of this.awake) {
      const total = kernel.cpuSecondsBefore + (kernel.execution?.cpuSeconds ?? 0);
      const busy = (total - kernel.cpuSecondsMeasured) / MEASURED_EVERY_S;
      const runs = kernel.execution !== null && kernel.execution.threads > 0;
      holders.push(use(kernel.id, busy, total, runs ? kernel.execution!.cell.memoryBytes : 0));
      kernel.cpuSecondsMeasured = total;
      kernel.execution === null && busy === 0 && this.awake.delete(kernel);
    }
    this.send(nowS, { type: 'useMeasured', holders });
    this.measureGpus(nowS);
    this.send(nowS, { type: 'ticked' });
  }

  private measureGpus(nowS: number): void {
    if (this.kernels.some(({ gpus }) => gpus.size > 0)) {
      const gpus = this.options.node.gpus.map(({ uuid }) => gpuUse(uuid, this.kernels));
      this.send(nowS, { type: 'gpusMeasured', gpus });
    }
  }

  private send(nowS: number, happening: WithoutTime<Event>): void {
    const event = { ...happening, atMs: START_MS + nowS * 1000 } as Event;
    for (const effect of step(this.state, event)) {
      this.carryOut(effect, nowS);
    }
  }

  private refuse(claimId: string, why: string): void {
    if (!this.options.mayRefuse) {
      throw new Error(`a cell was not let run: ${why}`);
    }
    const execution = this.claims.get(claimId);
    if (execution) {
      execution.isRefused = true;
    }
  }

  private carryOut(effect: Effect, nowS: number): void {
    switch (effect.type) {
      case 'confine': {
        const kernel = this.byId.get(effect.holderId);
        if (kernel) {
          kernel.confinement = effect.confinement;
          this.writes += 1;
        }
        return;
      }
      case 'grant': {
        const execution = this.claims.get(effect.claimId);
        const { threads } = execution?.cell ?? { threads: 1 };
        execution?.start(Math.min(threads, effect.grant.threads ?? threads), nowS);
        const gpus = execution && this.kernels[execution.cell.user]!.gpus;
        effect.grant.gpus.forEach(uuid => gpus?.add(uuid));
        return;
      }
      case 'refuse':
      case 'interrupt':
        return this.refuse(effect.claimId, sentenceOf(effect.refusal));
      default:
        return; // a cell that waits just has not started; masks come as confinements
    }
  }
}

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;
