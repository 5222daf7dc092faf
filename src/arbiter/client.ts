import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { HintSources } from '../../server/protocol/gate';
import type { ClaimStory, ErrorBody, Fit, Snapshot } from '../../server/protocol/view';

/**
 * A request without an answer within this time has failed, in ms. The server
 * itself waits less long for the sidecar (`ANSWER_WITHIN_S` of proxy.py), so in
 * that case it is the server that does not answer.
 */
const TIMEOUT_MS = 4_000;

/** A request that was refused, or not answered at all. */
export class RequestError extends Error {
  /**
   * @param code - The code of the catalogue, or null if the answer is not the sidecar's.
   * @param isSilent - Whether not even the Jupyter server answered: then the state
   * of the sidecar is unknown.
   */
  constructor(
    readonly code: string | null,
    message: string,
    readonly isSilent = false
  ) {
    super(message);
    this.name = 'RequestError';
  }
}

/** Speaks HTTP to the sidecar, through the Jupyter server. */
export interface IArbiterClient {
  snapshot(): Promise<Snapshot>;
  story(claimId: string): Promise<ClaimStory>;
  cancel(claimId: string): Promise<void>;
  putDefaults(hints: unknown): Promise<void>;
  putKernelDefaults(kernelId: string, hints: unknown): Promise<void>;
  putPolicy(policy: string): Promise<void>;
  free(kernelId: string): Promise<void>;
  requestRestart(kernelId: string, claimId: string): Promise<void>;
  declineRestart(kernelId: string): Promise<void>;
  releaseHold(kernelId: string): Promise<void>;
  keep(kernelId: string): Promise<void>;
  fits(kernelId: string, cells: readonly HintSources[]): Promise<readonly Fit[]>;
}

/**
 * The client of `<base_url>cellgrant/api/v1`.
 *
 * #### Notes
 * Every method rejects with a {@link RequestError} whose message is a sentence
 * for people.
 */
export class ArbiterClient implements IArbiterClient {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async snapshot(): Promise<Snapshot> {
    return (await this._request('GET', ['snapshot'])) as Snapshot;
  }

  async story(claimId: string): Promise<ClaimStory> {
    return (await this._request('GET', ['claims', claimId])) as ClaimStory;
  }

  async cancel(claimId: string): Promise<void> {
    await this._request('DELETE', ['claims', claimId]);
  }

  async putDefaults(hints: unknown): Promise<void> {
    await this._request('PUT', ['defaults'], hints);
  }

  async putKernelDefaults(kernelId: string, hints: unknown): Promise<void> {
    await this._request('PUT', ['holders', kernelId, 'defaults'], hints);
  }

  async putPolicy(policy: string): Promise<void> {
    await this._request('PUT', ['policy'], { policy });
  }

  async free(kernelId: string): Promise<void> {
    await this._request('POST', ['holders', kernelId, 'free']);
  }

  async requestRestart(kernelId: string, claimId: string): Promise<void> {
    await this._request('PUT', ['holders', kernelId, 'restart-request'], { claim: claimId });
  }

  async declineRestart(kernelId: string): Promise<void> {
    await this._request('DELETE', ['holders', kernelId, 'restart-request']);
  }

  async releaseHold(kernelId: string): Promise<void> {
    await this._request('DELETE', ['holders', kernelId, 'hold']);
  }

  async keep(kernelId: string): Promise<void> {
    await this._request('PUT', ['holders', kernelId, 'keep'], {});
  }

  async fits(kernelId: string, cells: readonly HintSources[]): Promise<readonly Fit[]> {
    return (await this._request('POST', ['holders', kernelId, 'fits'], cells)) as readonly Fit[];
  }

  private async _request(method: string, path: string[], body?: unknown): Promise<unknown> {
    const route = path.map(encodeURIComponent);
    const url = URLExt.join(this._settings.baseUrl, 'cellgrant', 'api', 'v1', ...route);
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { 'Content-Type': 'application/json' };
    }
    return this._answer(url, init);
  }

  private async _answer(url: string, init: RequestInit): Promise<unknown> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const asked = { ...init, signal: abort.signal };
      const response = await ServerConnection.makeRequest(url, asked, this._settings);
      return answerOf(response, await response.text());
    } catch (error) {
      if (error instanceof RequestError) {
        throw error;
      }
      const heard = `nothing was heard for ${TIMEOUT_MS / 1000} s`;
      throw silence(abort.signal.aborted ? heard : 'it has ended, or cannot be reached from here');
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The server is gone or unreachable; the browser's own message does not help people. */
function silence(why: string): RequestError {
  return new RequestError(null, `The Jupyter server does not answer: ${why}.`, true);
}

/** The answer; throws if it is a refusal, or not the sidecar's. */
function answerOf(response: Response, text: string): unknown {
  const data = parsed(text);
  if (response.ok && (data !== undefined || text === '')) {
    return data;
  }
  const { code, message } = (data ?? {}) as Partial<ErrorBody>;
  if (typeof code === 'string' && typeof message === 'string') {
    throw new RequestError(code, message);
  }
  throw strangerOf(response);
}

/** Read JSON; undefined if it is not JSON, such as the page of a proxy. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an empty body, or another program's page: the caller checks the status
  }
}

/** What answered instead of the sidecar: a server without it, or a proxy without a backend. */
function strangerOf({ status, statusText }: Response): RequestError {
  switch (status) {
    case 404:
      return new RequestError(
        null,
        'This Jupyter server has no Cellgrant. Enable its server extension: jupyter server extension enable jupyterlab_cellgrant'
      );
    case 401:
    case 403:
      return silence(`this page is not let in any more (${status} ${statusText}); log in again`);
    default:
      return silence(`something else answered in its place (${status} ${statusText})`);
  }
}
