import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IArbiter, IConsent, IKernelPaths } from '../tokens';
import { CullBanner } from '../widgets/cullBanner';

/** Tells notebooks that their idle kernels will be shut down, or were (CULL4, CULL7). */
export const cullingPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellgrant:culling',
  description: 'Tells a notebook when its idle kernel will be shut down, or why it was.',
  autoStart: true,
  requires: [IArbiter, IKernelPaths, IConsent],
  optional: [ITranslator],
  activate: (
    { docRegistry }: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    consent: IConsent,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const onKeep = (kernelId: string): void => void consent.keep(kernelId);
    docRegistry.addWidgetExtension('Notebook', {
      createNew: panel =>
        new CullBanner({ panel: panel as NotebookPanel, arbiter, kernelPaths, trans, onKeep })
    });
  }
};
