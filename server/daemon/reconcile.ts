import { NOTHING_ASKED, type Ask } from '../protocol/ask';
import type { Reason } from '../protocol/facts';
import type { EventBody } from './arbiter';

/** How long to wait after a restart for the gates of live kernels, in ms. */
export const GRACE_MS = 2000;

/** A claim that arrives. */
export type ClaimArrived = Extract<EventBody, { type: 'claimArrived' }>;

/** Why a held claim waits. */
export const RECOVERING: Reason = {
  kind: 'recovering',
  resource: 'cpus',
  blockers: [],
  atMostMs: GRACE_MS
};

/** The dependencies of the reconciliation. */
export type ReconciliationParts = {
  readonly post: (event: EventBody) => void;
  /** Called once per holder: what it holds is known now, or will not be reported. */
  readonly settle: (holderId: string) => void;
};

/**
 * The time after a restart until every gate has reported what it holds (ENF4).
 *
 * #### Notes
 * A new claim that asks for something waits until all expected gates have said
 * hello, at most {@link GRACE_MS}: what it asks for may be held by a kernel that
 * has not reported yet, and nothing may be granted twice. Claims that ask for
 * nothing pass at once, and so does every claim once it is over.
 */
export class Reconciliation {
  private readonly expected = new Set<string>();
  private readonly postponed = new Map<string, ClaimArrived>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly parts: ReconciliationParts) {}

  /**
   * Start waiting for kernels that were alive under the previous sidecar, and have not said
   * hello; over at once if there are none. Returns the undo.
   */
  begin(expected: ReadonlySet<string>): () => void {
    expected.forEach(it => this.expected.add(it));
    this.timer = setTimeout(() => this.finish(), this.expected.size ? GRACE_MS : 0);
    return () => clearTimeout(this.timer ?? undefined);
  }

  /** Whether every expected gate has reported, or has run out of time. */
  get isOver(): boolean {
    return this.expected.size === 0;
  }

  /** Whether the gate of this holder has yet to report what it was granted before the restart. */
  expects(holderId: string): boolean {
    return this.expected.has(holderId);
  }

  /** A gate reported what it holds, or its kernel is gone. */
  heard(holderId: string): void {
    if (!this.expected.delete(holderId)) {
      return;
    }
    this.parts.settle(holderId);
    if (this.expected.size === 0) {
      this.finish();
    }
  }

  /** Whether this claim must wait until all grants are known; if so it is posted later. */
  holds(event: ClaimArrived): boolean {
    if (this.isOver || event.granted || needsNoQueue(event.claim.ask)) {
      return false;
    }
    this.postponed.set(event.claim.id, event);
    return true;
  }

  /** Forget a held claim; null if it is not held. */
  drop(claimId: string): ClaimArrived | null {
    const event = this.postponed.get(claimId) ?? null;
    this.postponed.delete(claimId);
    return event;
  }

  /** The holder of a held claim; undefined if it is not held. */
  holderOf(claimId: string): string | undefined {
    return this.postponed.get(claimId)?.claim.holderId;
  }

  /** The kernel of these claims is gone. */
  dropHolder(holderId: string): void {
    for (const [id, event] of this.postponed) {
      if (event.claim.holderId === holderId) {
        this.postponed.delete(id);
      }
    }
  }

  private finish(): void {
    if (!this.timer) {
      return;
    }
    clearTimeout(this.timer);
    this.timer = null;
    const silent = [...this.expected];
    this.expected.clear();
    silent.forEach(holderId => this.parts.settle(holderId));
    for (const event of this.postponed.values()) {
      this.parts.post(event);
    }
    this.postponed.clear();
  }
}

function needsNoQueue(ask: Ask): boolean {
  return (
    ask.cpus.kind === 'auto' &&
    !ask.exclusive &&
    ask.memoryBytes === NOTHING_ASKED.memoryBytes &&
    ask.gpus === NOTHING_ASKED.gpus
  );
}
