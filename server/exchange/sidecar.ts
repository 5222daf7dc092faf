import { request } from 'node:http';

import type { ExecutionView, HistoryPage } from '../protocol/history';
import { PAGE_MAX } from '../protocol/historyQuery';
import { FileError, type Added } from './flat';

/** Less than the longest body that the sidecar reads (server/http/body.ts), in bytes. */
const BODY_BYTES_MAX = 60 * 1024;

/** All executions that a query, `from=…&to=…`, finds, oldest first. */
export async function* executionsOf(
  socketPath: string,
  query: string
): AsyncIterable<ExecutionView> {
  for (let after = ''; ;) {
    const path = `history?limit=${PAGE_MAX}${query && `&${query}`}${after}`;
    const page = (await ask(socketPath, 'GET', path)) as HistoryPage;
    yield* page.executions;
    if (page.next === null) {
      return;
    }
    after = `&after=${page.next}`;
  }
}

/** What the sidecar shows now. */
export function snapshotOf(socketPath: string): Promise<unknown> {
  return ask(socketPath, 'GET', 'snapshot');
}

/** Adds executions in bodies as long as the sidecar reads. */
export class Adding {
  /** How many there were, and how many of them were new. */
  read = 0;
  added = 0;
  private texts: string[] = [];
  private bytes = 0;

  constructor(private readonly socketPath: string) {}

  async add(execution: Added): Promise<void> {
    const text = JSON.stringify(execution);
    const bytes = Buffer.byteLength(text) + 1;
    this.bytes + bytes > BODY_BYTES_MAX && (await this.flush());
    this.texts.push(text);
    this.bytes += bytes;
    this.read += 1;
  }

  async flush(): Promise<void> {
    const { texts } = this;
    if (texts.length === 0) {
      return;
    }
    [this.texts, this.bytes] = [[], 0];
    const body = `{"executions":[${texts.join(',')}]}`;
    const rows = `rows ${this.read - texts.length + 1} to ${this.read}`;
    const { added } = (await ask(this.socketPath, 'POST', 'history', body).catch((why: Error) => {
      throw new FileError(`${rows}: ${why.message}`);
    })) as { added: number };
    this.added += added;
  }
}

/** One request; rejects with the sentence of a refusal. */
function ask(socketPath: string, method: string, path: string, body?: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path: `/api/v1/${path}` }, response => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const answer = JSON.parse(Buffer.concat(pieces).toString()) as { message?: string };
        response.statusCode === 200
          ? resolve(answer)
          : reject(new FileError(String(answer.message)));
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
