import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { HintSources } from '../../server/protocol/gate';
import type { ClaimStory, ErrorBody, Fit, Snapshot } from '../../server/protocol/view';

/** A request that is not answered within this time has failed, in ms. */
const TIMEOUT_MS = 4_000;

/** A request that was answered by a refusal, or by nothing at all. */
export class RequestError extends Error {
  /**
   * @param code - The code of the catalogue, or null where the sidecar was not
   * the one who answered.
   */
  constructor(
    readonly code: string | null,
    message: string
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
    await this._request('PUT', ['kernels', kernelId, 'defaults'], hints);
  }

  async putPolicy(policy: string): Promise<void> {
    await this._request('PUT', ['policy'], { policy });
  }

  async free(kernelId: string): Promise<void> {
    await this._request('POST', ['kernels', kernelId, 'free']);
  }

  async requestRestart(kernelId: string, claimId: string): Promise<void> {
    await this._request('PUT', ['kernels', kernelId, 'restart-request'], { claim: claimId });
  }

  async declineRestart(kernelId: string): Promise<void> {
    await this._request('DELETE', ['kernels', kernelId, 'restart-request']);
  }

  async releaseHold(kernelId: string): Promise<void> {
    await this._request('DELETE', ['kernels', kernelId, 'hold']);
  }

  async fits(kernelId: string, cells: readonly HintSources[]): Promise<readonly Fit[]> {
    return (await this._request('POST', ['kernels', kernelId, 'fits'], cells)) as readonly Fit[];
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
      const data = parsed(await response.text());
      if (!response.ok) {
        throw refusalOf(response, data);
      }
      return data;
    } catch (error) {
      throw error instanceof RequestError ? error : silence(abort.signal, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Why nobody answered. */
function silence(signal: AbortSignal, error: unknown): RequestError {
  return new RequestError(
    null,
    signal.aborted
      ? `Nothing was heard from Cellgrant for ${TIMEOUT_MS / 1000} s.`
      : `The Jupyter server does not answer: ${(error as Error).message}`
  );
}

/** Read JSON; undefined where it is none, as the pages of a proxy are. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // an empty body, or somebody else's page: the caller looks at the status
  }
}

function refusalOf(response: Response, data: unknown): RequestError {
  const { code, message } = (data ?? {}) as Partial<ErrorBody>;
  if (typeof code === 'string' && typeof message === 'string') {
    return new RequestError(code, message);
  }
  return response.status === 404
    ? new RequestError(
        null,
        'This Jupyter server has no Cellgrant. Enable its server extension: jupyter server extension enable jupyterlab_cellgrant'
      )
    : new RequestError(
        null,
        `The Jupyter server answered ${response.status} ${response.statusText}`
      );
}
