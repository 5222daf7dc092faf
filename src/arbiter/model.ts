import { type Event } from '@jupyterlab/services';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { HintSources } from '../../server/protocol/gate';
import type { ClaimView, Fit, Snapshot, StoryLine } from '../../server/protocol/view';
import type { ArbiterChange, Connection, IArbiter, Sample } from '../tokens';
import {
  cellKey,
  changedCells,
  changedKernels,
  type CellIndex,
  EMPTY_INDEX,
  indexClaims
} from './cells';
import { type IArbiterClient, RequestError } from './client';
import { withSample } from './history';
import { shouldAsk } from './patience';

/** The schema under which the server extension puts snapshots on Jupyter's event bus. */
export const SNAPSHOT_SCHEMA = 'https://cellgrant.dev/events/snapshot/v1';

/** A clock goes on for this long after the last word, in ms. */
const STILL_MS = 2_000;

/** This long after the last look the model looks again whether it should ask, in ms. */
const LOOK_MS = 400;

/** While the sidecar is away it is asked ever more seldom, but at least this often, in ms. */
const AWAY_MS_MAX = 30_000;

/** What {@link ArbiterModel} needs of its surroundings. */
export type ArbiterModelOptions = {
  readonly client: IArbiterClient;
  /** Jupyter's event bus. */
  readonly events: Pick<Event.IManager, 'stream'>;
  /** The browser's clock, in ms since the epoch. */
  readonly clock: () => number;
};

/**
 * The newest snapshot, kept up to date.
 *
 * #### Notes
 * Events bring every change. A poll asks where events are silent, because a
 * quiet node and a broken connection look alike on an event bus; it is what
 * notices that a sidecar, or the whole server, went away and came back. Each
 * question to a sidecar that is away is an error in the log of the server, so
 * they become rare: its return is told by the event bus anyway.
 */
export class ArbiterModel implements IArbiter {
  constructor(options: ArbiterModelOptions) {
    this._client = options.client;
    this._clock = options.clock;
    this._events = options.events;
    this._events.stream.connect(this._onEvent, this);
    this._poll = new Poll({
      name: 'jupyterlab-cellgrant:arbiter#snapshot',
      factory: () => this._pollOnce(),
      frequency: { interval: LOOK_MS, backoff: true, max: AWAY_MS_MAX },
      standby: 'when-hidden'
    });
  }

  get connection(): Connection {
    return this._connection;
  }

  get snapshot(): Snapshot | null {
    return this._snapshot;
  }

  get history(): readonly Sample[] {
    return this._history;
  }

  get generation(): number {
    return this._generation;
  }

  get changed(): ISignal<this, ArbiterChange> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._events.stream.disconnect(this._onEvent, this);
    this._poll.dispose();
    Signal.clearData(this);
  }

  nowMs(): number {
    const now = this._clock();
    const isActive = this._index.active.size > 0;
    return (isActive ? Math.min(now, this._heardMs + STILL_MS) : now) - this._skewMs;
  }

  claimOf(kernelId: string, cellId: string): ClaimView | undefined {
    return this._index.claims.get(cellKey(kernelId, cellId));
  }

  activeClaims(kernelId: string): readonly ClaimView[] {
    return this._index.active.get(kernelId) ?? [];
  }

  async storyOf(claimId: string): Promise<readonly StoryLine[]> {
    return (await this._client.story(claimId)).story;
  }

  async cancel(claimId: string): Promise<void> {
    await this._client.cancel(claimId);
  }

  async setDefaults(hints: Readonly<Record<string, unknown>>): Promise<void> {
    await this._client.putDefaults(hints);
  }

  async setKernelDefaults(kernelId: string, hints: unknown): Promise<void> {
    await this._client.putKernelDefaults(kernelId, hints);
  }

  async setPolicy(policy: string): Promise<void> {
    await this._client.putPolicy(policy);
  }

  async free(kernelId: string): Promise<void> {
    await this._client.free(kernelId);
  }

  async requestRestart(kernelId: string, claimId: string): Promise<void> {
    await this._client.requestRestart(kernelId, claimId);
  }

  async declineRestart(kernelId: string): Promise<void> {
    await this._client.declineRestart(kernelId);
  }

  async releaseHold(kernelId: string): Promise<void> {
    await this._client.releaseHold(kernelId);
  }

  fits(kernelId: string, cells: readonly HintSources[]): Promise<readonly Fit[]> {
    return this._client.fits(kernelId, cells);
  }

  async refresh(): Promise<void> {
    this._askedMs = this._clock();
    try {
      this._take(await this._client.snapshot());
    } catch (error) {
      const isLost = error instanceof RequestError && error.isSilent;
      this._lose(isLost ? 'lost' : 'away', (error as Error).message);
    }
  }

  /** Ask if need be; rejects where the sidecar is away, so that the next time comes later. */
  private async _pollOnce(): Promise<void> {
    const now = this._clock();
    const [heardMs, askedMs] = [now - this._heardMs, now - this._askedMs];
    const isActive = this._index.active.size > 0;
    if (shouldAsk({ state: this._connection.state, heardMs, askedMs, isActive })) {
      await this.refresh();
    }
    if (this._connection.state === 'away') {
      throw new Error(this._connection.message);
    }
  }

  private _onEvent(_: unknown, event: Event.Emission): void {
    if (event.schema_id !== SNAPSHOT_SCHEMA) {
      return;
    }
    if (event['snapshot']) {
      if (this._connection.state === 'away') {
        void this._poll.schedule(); // or it would look as seldom as before
      }
      this._take(event['snapshot'] as unknown as Snapshot);
    } else {
      this._lose('away', typeof event['message'] === 'string' ? event['message'] : '');
    }
  }

  /** Take a snapshot over, unless a newer one is known already. */
  private _take(snapshot: Snapshot): void {
    if (this.isDisposed || (this._snapshot && snapshot.atMs < this._snapshot.atMs)) {
      return;
    }
    const restarted = this._snapshot === null || snapshot.revision < this._snapshot.revision;
    this._generation += restarted ? 1 : 0;
    this._heardMs = this._clock();
    this._skewMs = this._heardMs - snapshot.atMs;
    this._history = withSample(this._history, snapshot);
    this._show(snapshot, indexClaims(snapshot.claims), { state: 'live' });
  }

  /**
   * Forget the snapshot: what it says may be wrong by now. Without the server the last
   * claims stay known, for their cells show that nobody knows more.
   */
  private _lose(state: 'away' | 'lost', message: string): void {
    const known = this._connection;
    if (this.isDisposed || (known.state === state && known.message === message)) {
      return;
    }
    this._show(null, state === 'lost' ? this._index : EMPTY_INDEX, { state, message });
  }

  private _show(snapshot: Snapshot | null, index: CellIndex, connection: Connection): void {
    const cells = changedCells(this._index, index);
    const kernels = changedKernels(this._index, index);
    this._snapshot = snapshot;
    this._index = index;
    this._connection = connection;
    this._changed.emit({ cells, kernels });
  }

  private readonly _client: IArbiterClient;
  private readonly _clock: () => number;
  private readonly _events: Pick<Event.IManager, 'stream'>;
  private readonly _poll: Poll;
  private readonly _changed = new Signal<this, ArbiterChange>(this);
  private _connection: Connection = { state: 'connecting' };
  private _snapshot: Snapshot | null = null;
  private _index: CellIndex = EMPTY_INDEX;
  private _history: readonly Sample[] = [];
  private _generation = 0;
  private _heardMs = 0;
  private _askedMs = 0;
  private _skewMs = 0;
}
