import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

import type { Snapshot } from '../protocol/view';
import type { TestSidecar } from './sidecar';

/** A reader of `GET /api/v1/events`. */
export class EventStream {
  /** How many snapshots came. */
  count = 0;

  private constructor(
    private readonly asked: ClientRequest,
    private readonly lines: AsyncIterator<string>
  ) {}

  static async open(sidecar: TestSidecar): Promise<EventStream> {
    const asked = request({ socketPath: sidecar.apiPath, path: '/api/v1/events' });
    asked.end();
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('response', resolve);
      asked.once('error', reject);
    });
    asked.on('error', () => undefined); // told by the end of the lines
    const input = createInterface({ input: response });
    return new EventStream(asked, input[Symbol.asyncIterator]());
  }

  /** The next snapshot; rejects when none can come any more. */
  async next(): Promise<Snapshot> {
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) {
        throw new Error(`the stream ended after ${this.count} snapshots`);
      }
      if (value.startsWith('data: ')) {
        this.count += 1;
        return JSON.parse(value.slice('data: '.length)) as Snapshot;
      }
    }
  }

  /** The first snapshot from now on that is as wanted. */
  async until(isWanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    for (;;) {
      const snapshot = await this.next();
      if (isWanted(snapshot)) {
        return snapshot;
      }
    }
  }

  close(): void {
    this.asked.destroy();
  }
}
