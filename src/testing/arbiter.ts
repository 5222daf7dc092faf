import type { Event } from '@jupyterlab/services';
import { type IStream, Stream } from '@lumino/signaling';

import type { ClaimStory, Fit, FitCell, Snapshot } from '../../server/protocol/view';
import type { IArbiterClient } from '../arbiter/client';
import { ArbiterModel, SNAPSHOT_SCHEMA } from '../arbiter/model';
import { done, NOW_MS } from './facts';

/** A client that gives prepared answers, and records its requests. */
class TestClient implements IArbiterClient {
  /** The next answer, or the reason why there is none. */
  answer: Snapshot | Error = new Error('nobody is there');
  /** How every cell would fare. */
  fit: Fit = { kind: 'now' };
  /** Requests that are refused, by sentence. */
  refusal: string | null = null;
  readonly sent: (readonly [name: string, ...args: unknown[]])[] = [];

  async snapshot(): Promise<Snapshot> {
    if (this.answer instanceof Error) {
      throw this.answer;
    }
    return this.answer;
  }

  async story(id: string): Promise<ClaimStory> {
    await this._send('story', id);
    return { ...done({ id }), story: [{ atMs: NOW_MS, fact: { kind: 'claimed' } }] };
  }

  cancel = (id: string): Promise<void> => this._send('cancel', id);
  moveUp = (id: string): Promise<void> => this._send('moveUp', id);
  putDefaults = (hints: unknown): Promise<void> => this._send('putDefaults', hints);
  putKernelDefaults = (id: string, hints: unknown): Promise<void> =>
    this._send('putKernelDefaults', id, hints);
  free = (id: string): Promise<void> => this._send('free', id);
  requestRestart = (id: string, claimId: string): Promise<void> =>
    this._send('requestRestart', id, claimId);
  declineRestart = (id: string): Promise<void> => this._send('declineRestart', id);
  releaseHold = (id: string): Promise<void> => this._send('releaseHold', id);
  keep = (id: string): Promise<void> => this._send('keep', id);
  fits = async (id: string, cells: readonly FitCell[]): Promise<readonly Fit[]> => {
    await this._send('fits', id, cells);
    return cells.map(() => this.fit);
  };
  putPolicy = (policy: string): Promise<void> => this._send('putPolicy', policy);

  private async _send(name: string, ...args: unknown[]): Promise<void> {
    this.sent.push([name, ...args]);
    if (this.refusal !== null) {
      throw new Error(this.refusal);
    }
  }
}

/** A real model on a client and an event bus of the test's own. */
export class TestArbiter {
  readonly client = new TestClient();
  nowMs = NOW_MS;
  private readonly _stream: IStream<Event.IManager, Event.Emission> & Stream<never, never>;
  readonly model: ArbiterModel;

  constructor() {
    this._stream = new Stream({} as never) as never;
    this.model = new ArbiterModel({
      client: this.client,
      events: { stream: this._stream },
      clock: () => this.nowMs
    });
  }

  /** Put an event on the bus. */
  emit(data: object, schema = SNAPSHOT_SCHEMA): void {
    this._stream.emit({ schema_id: schema, ...data } as never);
  }

  /** Push a snapshot. */
  push(snapshot: Snapshot): void {
    this.emit({ snapshot });
  }
}
