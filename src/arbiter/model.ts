import { type Event } from '@jupyterlab/services';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { ClaimView, Fit, FitCell, Snapshot, StoryLine } from '../../server/protocol/view';
import type { ArbiterChange, Connection, IArbiter, Sample } from '../tokens';
import {
  cellKey,
  changedCells,
  changedKernels,
  type CellIndex,
  EMPTY_INDEX,
  indexClaims
} from './cells';
import type { IArbiterClient } from './client';
import { withSample } from './history';
import { shouldAsk } from './patience';
import { RequestError } from './request';

/** The schema under which the server extension puts snapshots on Jupyter's event bus. */
export const SNAPSHOT_SCHEMA = 'https://cellgrant.dev/events/snapshot/v1';

/** A clock keeps running for this long after the last message, in ms. */
const STILL_MS = 2_000;

/** How long after the last check the model checks again whether to poll, in ms. */
const LOOK_MS = 400;

/** While the sidecar is away the polls become rarer, but are at least this frequent, in ms. */
const AWAY_MS_MAX = 30_000;

/** What {@link ArbiterModel} depends on. */
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
 * Events report every change. The model polls when there are none, because a
 * quiet node and a broken connection look alike on an event bus; polling is what
 * detects that a sidecar, or the whole server, went away and came back. Each
 * request to a sidecar that is away logs an error on the server, so they
 * become rare: the event bus reports its return anyway.
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

  async moveUp(claimId: string): Promise<void> {
    await this._client.moveUp(claimId);
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

  async keep(kernelId: string): Promise<void> {
    await this._client.keep(kernelId);
  }

  fits(kernelId: string, cells: readonly FitCell[]): Promise<readonly Fit[]> {
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

  /** Poll if needed; rejects if the sidecar is away, so that the next poll comes later. */
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
        void this._poll.schedule(); // otherwise it would poll as rarely as before
      }
      this._take(event['snapshot'] as unknown as Snapshot);
    } else {
      this._lose('away', typeof event['message'] === 'string' ? event['message'] : '');
    }
  }

  /** Apply a snapshot, unless a newer one is already known. */
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
   * Drop the snapshot: it may be outdated. If the server is gone the last
   * claims stay known, because their cells show that their state is unknown.
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
