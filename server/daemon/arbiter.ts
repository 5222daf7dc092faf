import { UNCONFINED, type Confinement, type Effect } from '../core/effects';
import type { Event } from '../core/events';
import { story } from '../core/claim/explain';
import { fitOf } from '../core/claim/fit';
import { keptBy, type Kept } from '../core/holder/holds';
import { checkInvariants } from '../core/invariants';
import { createState, type HolderEntry, type State } from '../core/state';
import { step } from '../core/step';
import { snapshot } from '../core/view';
import { failureOf, type IEnforcer } from '../enforce/enforcer';
import { Mailbox } from '../lib/mailbox';
import { UNHELD, type CpuHold } from '../protocol/gate';
import { UNRESTRICTED } from '../protocol/grant';
import type { ClaimStory, Fit, Snapshot } from '../protocol/view';
import type { IClock } from './clock';
import type { AskOrRefusal, IAnswers, Log } from './ports';

/** An event without its time, which the arbiter stamps. */
export type EventBody = Event extends infer E ? (E extends Event ? Omit<E, 'atMs'> : never) : never;

/** What the arbiter is made of. */
export type ArbiterParts = {
  readonly enforcer: IEnforcer;
  readonly clock: IClock;
  readonly log: Log;
  readonly version: string;
  /** Make the place of a holder again that somebody removed; false where that fails. */
  readonly revive: (holderId: string) => boolean;
  /** Called when the state can no longer be trusted; does not return to work. */
  readonly fatal: (why: string) => void;
  /** The core's decision; another one only where a test plants a fault. */
  readonly decide?: (state: State, event: Event) => readonly Effect[];
};

/**
 * Turns events into decisions, and carries the decisions out in their order: a
 * holder is confined before its claim hears of the grant.
 *
 * #### Notes
 * Everything happens within `post`, one event at a time. A write that the host
 * refuses comes back as the event `enforcementFailed`; the grant still goes out,
 * for a cell must never hang on our account. A mistake in a decision costs its
 * own claim the gate, never a kernel its cell.
 */
export class Arbiter {
  private readonly state: State = createState();
  private readonly mailbox = new Mailbox<Event>(event => this.handle(event));
  private readonly confinements = new Map<string, Confinement>();
  private readonly listeners = new Set<() => void>();
  private confinedListener: (holderId: string, confinement: Confinement) => void = () => undefined;
  private boundListener: (holderId: string, gpus: readonly string[]) => void = () => undefined;
  private keptListener: (holderId: string, kept: Kept | null) => void = () => undefined;
  /** What each holder keeps across cells, as it was told. */
  private readonly kept = new Map<string, HolderEntry['held']>();
  private readonly decide: (state: State, event: Event) => readonly Effect[];
  private answers: IAnswers | null = null;
  /** Everything as it was shown last; null since something happened. */
  private picture: Snapshot | null = null;

  constructor(private readonly parts: ArbiterParts) {
    this.decide = parts.decide ?? step;
  }

  /** Name who hears the answers; before the first claim, once. */
  answerTo(answers: IAnswers): void {
    this.answers = answers;
  }

  /** Let an event happen now. */
  post(body: EventBody): void {
    this.mailbox.post({ ...body, atMs: this.parts.clock.nowMs() } as Event);
  }

  /** Call `listener` after each event; returns the undo. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Name who hears of each confinement, when it has been written or has failed; once. */
  onConfined(listener: (holderId: string, confinement: Confinement) => void): void {
    this.confinedListener = listener;
  }

  /** Name who hears which GPUs a holder is bound to, before its claim hears of them; once. */
  onBound(listener: (holderId: string, gpus: readonly string[]) => void): void {
    this.boundListener = listener;
  }

  /** Name who hears what a holder keeps across cells from now on (ADM9); once. */
  onKept(listener: (holderId: string, kept: Kept | null) => void): void {
    this.keptListener = listener;
  }

  /** Write a holder's confinement, whatever an earlier sidecar wrote there. */
  confineAnew(holderId: string): void {
    this.confine(holderId, this.confinementOf(holderId));
  }

  /** What a holder is held to, or was ordered to be. */
  confinementOf(holderId: string): Confinement {
    return this.confinements.get(holderId) ?? UNCONFINED;
  }

  /** Holders that have a running claim. */
  runningHolderIds(): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const { claim } of this.state.running) {
      ids.add(claim.holderId);
    }
    return ids;
  }

  /** How a cell of a kernel would fare that ran now; null where no such kernel is known. */
  fit(holderId: string, asked: AskOrRefusal): Fit | null {
    const holder = this.state.holders.get(holderId);
    if ('refusal' in asked) {
      return { kind: 'never', why: asked.refusal };
    }
    return holder ? fitOf(this.state, holder, asked.ask) : null;
  }

  /** Everything, at this moment. Its parts are the same objects until something happens. */
  snapshot(): Snapshot {
    const atMs = this.parts.clock.nowMs();
    this.picture ??= snapshot(this.state, atMs, this.parts.version);
    return { ...this.picture, atMs };
  }

  /** One claim with its story, or null where it is not known (any more). */
  story(claimId: string): ClaimStory | null {
    return story(this.state, claimId);
  }

  private handle(event: Event): void {
    let effects: readonly Effect[];
    this.picture = null;
    try {
      effects = this.decide(this.state, event);
    } catch (mistake) {
      this.survive(event, mistake);
      return;
    }
    for (const effect of effects) {
      this.attempt(effect);
    }
    if (event.type === 'holderGone') {
      this.confinements.delete(event.holderId);
    } else if (event.type === 'claimArrived' && event.granted) {
      this.tellBound(event.claim.holderId); // it was taken over, which is answered by nothing
    }
    this.tellMasks(effects);
    this.tellKept();
    for (const listener of this.listeners) {
      listener();
    }
  }

  /** One that fails by our own mistake must not keep the others from their answers. */
  private attempt(effect: Effect): void {
    try {
      this.carryOut(effect);
    } catch (mistake) {
      this.parts.log('error', `a mistake in ${JSON.stringify(effect)}: ${stackOf(mistake)}`);
    }
  }

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'confine':
        this.confine(effect.holderId, effect.confinement);
        this.confinedListener(effect.holderId, effect.confinement);
        break;
      case 'grant':
      case 'regrant': {
        this.tellBound(effect.holderId);
        const hold = this.holdOf(effect.holderId);
        const isChange = effect.type === 'regrant';
        this.answers?.granted(effect.claimId, effect.grant, hold, isChange);
        break;
      }
      case 'wait':
        this.answers?.waiting(effect.claimId, effect.reason, effect.position);
        break;
      case 'refuse':
        this.answers?.refused(effect.claimId, effect.refusal);
        break;
      case 'interrupt':
        this.answers?.interrupted(effect.claimId, effect.refusal);
        break;
      case 'stand':
        this.answers?.standing(effect.holderId, effect.isGiven);
        break;
      case 'free':
        this.answers?.freeAsked(effect.holderId, effect.gpus);
        break;
      case 'killed':
        this.answers?.killed(effect.holderId, effect.refusal);
        break;
    }
  }

  private confine(holderId: string, confinement: Confinement): void {
    this.confinements.set(holderId, confinement);
    const write = () => failureOf(() => this.parts.enforcer.confine(holderId, confinement));
    let failure = write();
    if (failure?.errno === 'ENOENT' && this.parts.revive(holderId)) {
      this.parts.log('warning', `kernel ${holderId}: its place was removed, and is made again`);
      failure = write();
    }
    if (failure) {
      const { what, errno } = failure;
      this.parts.log('warning', `kernel ${holderId}: ${what} failed with ${errno}`);
      this.post({ type: 'enforcementFailed', holderId, what, errno });
    }
  }

  private tellBound(holderId: string): void {
    const { boundGpus = [] } = this.state.holders.get(holderId) ?? {};
    boundGpus.length > 0 && this.boundListener(holderId, boundGpus);
  }

  private tellKept(): void {
    const { keeping, holders } = this.state;
    for (const holderId of [...this.kept.keys()]) {
      if (!holders.get(holderId)?.held) {
        this.kept.delete(holderId);
        this.keptListener(holderId, null);
      }
    }
    for (const holder of keeping) {
      if (this.kept.get(holder.holder.id) !== holder.held) {
        this.kept.set(holder.holder.id, holder.held);
        this.keptListener(holder.holder.id, keptBy(this.state, holder));
      }
    }
  }

  private holdOf(holderId: string): CpuHold {
    return this.parts.enforcer.holdFor(this.confinementOf(holderId));
  }

  /** In the affinity tier a gate hears of new masks even where its grant is the same. */
  private tellMasks(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'confine') {
        this.answers?.maskChanged(effect.holderId, this.holdOf(effect.holderId).affinity);
      }
    }
  }

  /** A mistake of ours: its claim runs ungated, and the state is checked before going on. */
  private survive(event: Event, mistake: unknown): void {
    this.parts.log('error', `a mistake in ${JSON.stringify(event)}: ${stackOf(mistake)}`);
    if (event.type === 'claimArrived') {
      this.answers?.granted(event.claim.id, UNRESTRICTED, UNHELD, false);
    }
    const broken = checkInvariants(this.state);
    if (broken.length) {
      this.parts.fatal(`the state is damaged: ${broken.join('; ')}`);
    }
  }
}

function stackOf(mistake: unknown): string {
  return mistake instanceof Error ? (mistake.stack ?? mistake.message) : String(mistake);
}
