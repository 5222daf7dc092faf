import { UNCONFINED, type Confinement, type Effect } from '../core/effects';
import { whyNotLaunch } from '../core/cap/launches';
import type { Claim, Event, NewKernel } from '../core/events';
import { story } from '../core/claim/explain';
import { fitOf } from '../core/claim/fit';
import { checkInvariants } from '../core/invariants';
import { createState } from '../core/beginnings';
import { isBeingCulled } from '../core/cull/cull';
import type { State } from '../core/state';
import { step } from '../core/step';
import { snapshot } from '../core/view';
import { groupPathOf } from '../core/viewGroups';
import { Mailbox } from '../lib/mailbox';
import type { Refusal } from '../protocol/errors';
import { UNRESTRICTED } from '../protocol/grant';
import type { ClaimStory, Fit, Snapshot } from '../protocol/view';
import type { IClock } from './clock';
import type { AskOrRefusal, Log } from './ports';

/** An event without its time, which the arbiter stamps. */
export type EventBody = Event extends infer E ? (E extends Event ? Omit<E, 'atMs'> : never) : never;

/** The arbiter's dependencies. */
export type ArbiterParts = {
  readonly clock: IClock;
  readonly log: Log;
  readonly version: string;
  /** Carries out an effect: it is in force, or has failed, when this returns. */
  readonly carryOut: (effect: Effect) => void;
  /** Called when the state can no longer be trusted; work does not resume. */
  readonly fatal: (why: string) => void;
  /** The core's decision; replaced only by tests that inject a fault. */
  readonly decide?: (state: State, event: Event) => readonly Effect[];
};

/** Receives the event, the effects decided on, and how long the decision took, in ms. */
export type Observer = (event: Event, effects: readonly Effect[], decideMs: number) => void;

/**
 * Turns events into decisions, and has the decisions carried out in order: a holder
 * is confined before its claim is notified of the grant.
 *
 * #### Notes
 * Everything happens within `post`, one event at a time. A bug in a decision lets its
 * own claim run ungated, but never costs a kernel its cell; a bug in carrying out an
 * effect costs only that effect.
 */
export class Arbiter {
  private readonly state: State = createState();
  private readonly mailbox = new Mailbox<Event>(event => this.handle(event));
  private readonly observers = new Set<Observer>();
  /** Observers whose first error was logged. */
  private readonly mistaken = new WeakSet<Observer>();
  private readonly decide: (state: State, event: Event) => readonly Effect[];
  /** The last snapshot; null once an event has invalidated it. */
  private picture: Snapshot | null = null;

  constructor(private readonly parts: ArbiterParts) {
    this.decide = parts.decide ?? step;
  }

  /** Process an event now. */
  post(body: EventBody): void {
    this.mailbox.post({ ...body, atMs: this.parts.clock.nowMs() } as Event);
  }

  /**
   * Call `observer` after each step, once its effects have been carried out; returns the undo.
   *
   * #### Notes
   * Observers decide nothing: what one throws is caught, and logged once. The next event
   * waits for it, so slow work should be deferred. Events it posts are handled afterwards.
   */
  onStep(observer: Observer): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  /** The confinement of a holder that is in force, or was ordered. */
  confinementOf(holderId: string): Confinement {
    return this.state.holders.get(holderId)?.confined ?? UNCONFINED;
  }

  /** The group that a holder shares in, and its user, as views show them; empty for an unknown holder. */
  ownerOf(holderId: string): { readonly group: string; readonly user: string } {
    const entry = this.state.holders.get(holderId);
    return entry
      ? { group: groupPathOf(entry), user: entry.holder.owner }
      : { group: '', user: '' };
  }

  /** Holders that have a running claim. */
  runningHolderIds(): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const { claim } of this.state.running) {
      ids.add(claim.holderId);
    }
    return ids;
  }

  /** Whether a kernel is being shut down because it is idle (CULL6). */
  isBeingCulled(holderId: string): boolean {
    const holder = this.state.holders.get(holderId);
    return holder !== undefined && isBeingCulled(this.state, holder);
  }

  /** How a cell of this kernel would fare if it ran now; null for an unknown kernel. */
  fit(holderId: string, asked: AskOrRefusal, cellId: string | null): Fit | null {
    const holder = this.state.holders.get(holderId);
    if ('refusal' in asked) {
      return { kind: 'never', why: asked.refusal };
    }
    return holder ? fitOf(this.state, holder, asked.ask, cellId) : null;
  }

  /** Let a kernel be launched, which counts from now on; returns why it may not be (CAP5). */
  launch(kernel: NewKernel): Refusal | null {
    const why = whyNotLaunch(this.state, kernel);
    why ?? this.post({ type: 'kernelLaunching', kernel });
    return why;
  }

  /** The whole state now. Its parts are the same objects until the next event. */
  snapshot(): Snapshot {
    const atMs = this.parts.clock.nowMs();
    this.picture ??= snapshot(this.state, atMs, this.parts.version);
    return { ...this.picture, atMs };
  }

  /** A claim with its story, or null if it is unknown or forgotten. */
  story(claimId: string): ClaimStory | null {
    return story(this.state, claimId);
  }

  private handle(event: Event): void {
    this.picture = null;
    let effects: readonly Effect[];
    const beganMs = performance.now();
    try {
      effects = this.decide(this.state, event);
    } catch (mistake) {
      this.survive(event, mistake);
      return;
    }
    this.carryOut(event, effects, performance.now() - beganMs);
  }

  private carryOut(event: Event, effects: readonly Effect[], decideMs: number): void {
    effects.forEach(effect => this.attempt(effect));
    for (const observer of this.observers) {
      this.show(observer, event, effects, decideMs);
    }
  }

  /** An effect that fails by our own bug must not keep the other claims from their answers. */
  private attempt(effect: Effect): void {
    try {
      this.parts.carryOut(effect);
    } catch (mistake) {
      this.parts.log('error', `a mistake in ${JSON.stringify(effect)}: ${stackOf(mistake)}`);
    }
  }

  private show(
    observer: Observer,
    event: Event,
    effects: readonly Effect[],
    decideMs: number
  ): void {
    try {
      observer(event, effects, decideMs);
    } catch (mistake) {
      const isNews = !this.mistaken.has(observer);
      this.mistaken.add(observer);
      isNews && this.parts.log('error', `a mistake of an observer: ${stackOf(mistake)}`);
    }
  }

  /** A bug of ours: its claim runs ungated, and the state is checked before work continues. */
  private survive(event: Event, mistake: unknown): void {
    this.parts.log('error', `a mistake in ${JSON.stringify(event)}: ${stackOf(mistake)}`);
    this.carryOut(event, event.type === 'claimArrived' ? [ungated(event.claim)] : [], 0);
    const broken = checkInvariants(this.state);
    if (broken.length) {
      this.parts.fatal(`the state is damaged: ${broken.join('; ')}`);
    }
  }
}

function ungated({ id, holderId }: Claim): Effect {
  return { type: 'grant', holderId, claimId: id, grant: UNRESTRICTED };
}

function stackOf(mistake: unknown): string {
  return mistake instanceof Error ? (mistake.stack ?? mistake.message) : String(mistake);
}
