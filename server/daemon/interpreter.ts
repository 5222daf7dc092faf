import type { Confinement, Effect } from '../core/effects';
import { failureOf, type EnforcementError, type IEnforcer } from '../enforce/enforcer';
import type { CpuPinning } from '../protocol/grant';
import type { EventBody } from './arbiter';
import type { Culling } from './cull/culling';
import type { Holders } from './holders';
import type { MemoryWatch } from './memoryWatch';
import type { IAnswers, Log } from './ports';
import type { HolderStore } from './holderStore';

/** The parts that carry out effects. */
export type InterpreterParts = {
  readonly enforcer: Pick<IEnforcer, 'confine' | 'pinningFor'>;
  readonly holders: Pick<Holders, 'boundTo' | 'record' | 'list' | 'revive'>;
  readonly holderStore: Pick<HolderStore, 'saveNow'>;
  readonly memoryWatch: Pick<MemoryWatch, 'limit'>;
  readonly culling: Pick<Culling, 'carryOut'>;
  /** The confinement of a holder that is in force, or was ordered. */
  readonly confinementOf: (holderId: string) => Confinement;
  readonly post: (event: EventBody) => void;
  readonly log: Log;
};

/**
 * Carries out effects, each through the parts that it concerns.
 *
 * #### Notes
 * An effect is in force, or has failed, when `carryOut` returns. Findings along the way
 * come back as events: a write that the host refuses as `enforcementFailed`. The grant is
 * still sent, because a cell must never hang because of us.
 */
export class Interpreter {
  private answers: IAnswers | null = null;

  constructor(private readonly parts: InterpreterParts) {}

  /** Set the receiver of the answers; once, before the first claim. */
  answerTo(answers: IAnswers): void {
    this.answers = answers;
  }

  /** Carry out one effect; call this in the order of the decision. */
  carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'confine':
        return this.confine(effect.holderId, effect.confinement);
      case 'bind':
        return this.bind(effect.holderId, effect.gpus);
      case 'keep':
        return this.parts.holders.record(effect.holderId, { kept: effect.kept });
      case 'assign':
        return this.parts.holders.record(effect.holderId, { assignedGroup: effect.group });
      case 'attend':
      case 'cull':
      case 'culled':
        return this.parts.culling.carryOut(effect);
      case 'executed':
        return; // observers alone take it
      default:
        return this.answers ? this.answer(this.answers, effect) : undefined;
    }
  }

  private answer(
    answers: IAnswers,
    effect: Exclude<
      Effect,
      { type: 'confine' | 'bind' | 'keep' | 'assign' | 'attend' | 'cull' | 'culled' | 'executed' }
    >
  ): void {
    const { holderId } = effect;
    switch (effect.type) {
      case 'grant':
        return answers.granted(effect.claimId, effect.grant, this.holdOf(holderId), false);
      case 'regrant':
        return answers.granted(effect.claimId, effect.grant, this.holdOf(holderId), true);
      case 'remask':
        return answers.maskChanged(holderId, this.holdOf(holderId).affinity);
      case 'wait':
        return answers.waiting(effect.claimId, effect.reason, effect.position);
      case 'refuse':
        return answers.refused(effect.claimId, effect.refusal);
      case 'interrupt':
        return answers.interrupted(effect.claimId, effect.refusal);
      case 'stand':
        return answers.standing(holderId, effect.isGiven);
      case 'free':
        return answers.freeAsked(holderId, effect.gpus);
      case 'killed':
        return answers.killed(holderId, effect.kind, effect.refusal);
    }
  }

  private confine(holderId: string, confinement: Confinement): void {
    const failure = this.write(holderId, confinement);
    if (failure) {
      const { what, errno } = failure;
      this.parts.log('warning', `kernel ${holderId}: ${what} failed with ${errno}`);
      this.parts.post({ type: 'enforcementFailed', holderId, what, errno });
    }
    this.parts.memoryWatch.limit(holderId, confinement.memoryBytes);
  }

  /** Write a confinement, recreating its place if somebody removed it. */
  private write(holderId: string, confinement: Confinement): EnforcementError | null {
    const { enforcer, holders, log, post } = this.parts;
    const write = () => failureOf(() => enforcer.confine(holderId, confinement));
    const failure = write();
    if (failure?.errno !== 'ENOENT' || !holders.revive(holderId)) {
      return failure;
    }
    const what = 'its place was removed, and is created again';
    log('warning', `kernel ${holderId}: ${what}`);
    post({ type: 'holderBroughtBack', holderId, what });
    return write();
  }

  /** A sidecar killed right after the grant must not close the GPU fence of a running cell. */
  private bind(holderId: string, boundGpus: readonly string[]): void {
    const { holders, holderStore } = this.parts;
    if (boundGpus.join() !== holders.boundTo(holderId).join()) {
      holders.record(holderId, { boundGpus });
      holderStore.saveNow(holders.list());
    }
  }

  private holdOf(holderId: string): CpuPinning {
    return this.parts.enforcer.pinningFor(this.parts.confinementOf(holderId));
  }
}
