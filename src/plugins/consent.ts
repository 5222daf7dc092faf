import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IArbiter, IConsent, IKernelPaths } from '../tokens';
import { Consent } from '../consent/consent';
import { RestartRequests } from '../consent/requests';

/** Asks the owners of idle kernels before those are restarted (GPU5). */
export const consentPlugin: JupyterFrontEndPlugin<IConsent> = {
  id: 'jupyterlab-cellgrant:consent',
  description: 'Gets GPU memory back from idle kernels, with the consent of their owners.',
  autoStart: true,
  provides: IConsent,
  requires: [IArbiter, IKernelPaths],
  optional: [INotebookTracker, ITranslator],
  activate: (
    { serviceManager }: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    tracker: INotebookTracker | null,
    translator: ITranslator | null
  ): IConsent => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const { serverSettings } = serviceManager;
    const consent = new Consent({ arbiter, kernelPaths, tracker, trans, serverSettings });
    new RestartRequests({ arbiter, kernelPaths, consent, trans });
    return consent;
  }
};
