import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { ErrorBody } from '../../server/protocol/view';

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

/** One request to `<base_url>cellgrant/api/v1`. */
export type Asked = {
  readonly method: string;
  /** The route below the API, one word each. */
  readonly path: readonly string[];
  /** Sent as JSON, if there is one. */
  readonly body?: unknown;
  /** Parameters; those that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
};

/**
 * Ask the sidecar, through the Jupyter server.
 *
 * #### Notes
 * Rejects with a {@link RequestError} whose message is a sentence for people.
 */
export function request(settings: ServerConnection.ISettings, asked: Asked): Promise<unknown> {
  const route = asked.path.map(encodeURIComponent);
  const url = URLExt.join(settings.baseUrl, 'cellgrant', 'api', 'v1', ...route);
  const init: RequestInit = { method: asked.method };
  if (asked.body !== undefined) {
    init.body = JSON.stringify(asked.body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  return answer(url + queryOf(asked.query ?? {}), init, settings);
}

function queryOf(query: NonNullable<Asked['query']>): string {
  const stated = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]]
  );
  return stated.length ? `?${new URLSearchParams(stated)}` : '';
}

async function answer(
  url: string,
  init: RequestInit,
  settings: ServerConnection.ISettings
): Promise<unknown> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await ServerConnection.makeRequest(
      url,
      { ...init, signal: abort.signal },
      settings
    );
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
