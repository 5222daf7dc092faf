import type { ServerConnection } from '@jupyterlab/services';

import type { ClaimStory, Fit, FitCell, Snapshot } from '../../server/protocol/view';
import { request } from './request';

/** Speaks HTTP to the sidecar, through the Jupyter server. */
export interface IArbiterClient {
  snapshot(): Promise<Snapshot>;
  story(claimId: string): Promise<ClaimStory>;
  cancel(claimId: string): Promise<void>;
  moveUp(claimId: string): Promise<void>;
  putDefaults(hints: unknown): Promise<void>;
  putKernelDefaults(kernelId: string, hints: unknown): Promise<void>;
  putPolicy(policy: string): Promise<void>;
  free(kernelId: string): Promise<void>;
  requestRestart(kernelId: string, claimId: string): Promise<void>;
  declineRestart(kernelId: string): Promise<void>;
  releaseHold(kernelId: string): Promise<void>;
  keep(kernelId: string): Promise<void>;
  fits(kernelId: string, cells: readonly FitCell[]): Promise<readonly Fit[]>;
}

/**
 * The client of `<base_url>cellgrant/api/v1`.
 *
 * #### Notes
 * Every method rejects with a RequestError whose message is a sentence
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

  async moveUp(claimId: string): Promise<void> {
    await this._request('POST', ['claims', claimId, 'move-up']);
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

  async fits(kernelId: string, cells: readonly FitCell[]): Promise<readonly Fit[]> {
    return (await this._request('POST', ['holders', kernelId, 'fits'], cells)) as readonly Fit[];
  }

  private _request(method: string, path: readonly string[], body?: unknown): Promise<unknown> {
    return request(this._settings, { method, path, body });
  }
}
