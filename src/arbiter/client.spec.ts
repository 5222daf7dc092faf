import { ServerConnection } from '@jupyterlab/services';

import { snapshot } from '../testing/facts';
import { ArbiterClient } from './client';

type Answer = { readonly status: number; readonly body: string };

/** As much of a request as is looked at here: newer versions of Node refuse jsdom's signals in theirs. */
class StatedRequest {
  readonly headers = new Headers();
  readonly method: string;
  readonly signal: AbortSignal;

  constructor(
    readonly url: string,
    { method, signal }: RequestInit
  ) {
    this.method = method ?? 'GET';
    this.signal = signal!;
  }
}

const Request = StatedRequest as never;

/** A client, and the requests that it made. */
function clientOf(answer: Answer | Error): { client: ArbiterClient; requests: Request[] } {
  const requests: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    requests.push(request);
    if (answer instanceof Error) {
      throw answer;
    }
    const { status, body } = answer;
    return {
      status,
      ok: status < 400,
      statusText: 'Text',
      text: async () => body
    } as Response;
  };
  const baseUrl = 'http://localhost/user/ana/';
  const settings = ServerConnection.makeSettings({ baseUrl, Request, fetch: fetch as never });
  return { client: new ArbiterClient(settings), requests };
}

describe('ArbiterClient', () => {
  it('asks below the base URL, whatever an id holds', async () => {
    const { client, requests } = clientOf({ status: 200, body: JSON.stringify(snapshot()) });
    expect((await client.snapshot()).node.cpus).toBe(4);
    await client.cancel('a/b');
    await client.putKernelDefaults('k1', { cpus: 1 });
    await client.free('k1');
    await client.requestRestart('k1', 'c1');
    await client.declineRestart('k1');
    expect(requests.map(it => `${it.method} ${it.url.replace(/\?.*/, '')}`)).toEqual([
      'GET http://localhost/user/ana/cellgrant/api/v1/snapshot',
      'DELETE http://localhost/user/ana/cellgrant/api/v1/claims/a%2Fb',
      'PUT http://localhost/user/ana/cellgrant/api/v1/holders/k1/defaults',
      'POST http://localhost/user/ana/cellgrant/api/v1/holders/k1/free',
      'PUT http://localhost/user/ana/cellgrant/api/v1/holders/k1/restart-request',
      'DELETE http://localhost/user/ana/cellgrant/api/v1/holders/k1/restart-request'
    ]);
  });

  it.each<[string, Answer | Error, string, boolean]>([
    [
      'a refusal',
      { status: 404, body: '{"code":"CLAIM_UNKNOWN","message":"Gone."}' },
      'Gone.',
      false
    ],
    [
      'a sidecar away',
      { status: 503, body: '{"code":"SIDECAR_AWAY","message":"It ended."}' },
      'It ended.',
      false
    ],
    ['a server without Cellgrant', { status: 404, body: '<html>' }, 'has no Cellgrant', false],
    ['a page of a proxy', { status: 502, body: '<html>' }, 'does not answer: something else', true],
    [
      'the page of a login',
      { status: 200, body: '<html>' },
      'does not answer: something else',
      true
    ],
    ['a login that is over', { status: 403, body: '<html>' }, 'log in again', true],
    [
      'nobody',
      new TypeError('Failed to fetch'),
      'The Jupyter server does not answer: it has ended',
      true
    ]
  ])(
    '[API1] [UI5] rejects with a sentence for people: %s',
    async (_, answer, sentence, isSilent) => {
      const failed = clientOf(answer).client.snapshot();
      await expect(failed).rejects.toMatchObject({
        message: expect.stringContaining(sentence),
        isSilent
      });
      await expect(failed).rejects.not.toThrow('fetch');
    }
  );

  it('[UI5] waits less long for an answer than for ever', async () => {
    jest.useFakeTimers();
    try {
      const fetch = (request: Request): Promise<Response> =>
        new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(new Error('aborted')));
        });
      const settings = ServerConnection.makeSettings({ Request, fetch: fetch as never });
      const asked = new ArbiterClient(settings).snapshot();
      const seen = expect(asked).rejects.toMatchObject({
        message: 'The Jupyter server does not answer: nothing was heard for 4 s.',
        isSilent: true
      });
      await jest.advanceTimersByTimeAsync(4000);
      await seen;
    } finally {
      jest.useRealTimers();
    }
  });
});
