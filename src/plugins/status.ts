import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IArbiter, IKernelPaths, IResourcesPanel } from '../tokens';
import { StatusItem } from '../widgets/statusItem';

const PLUGIN_ID = 'jupyterlab-cellgrant:status';

/** Adds the item of the status bar; Notebook 7 has no status bar. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Shows in the status bar what is granted and whether a cell waits.',
  autoStart: true,
  requires: [IArbiter, IKernelPaths, IResourcesPanel],
  optional: [IStatusBar, ITranslator],
  activate: (
    _: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    resources: IResourcesPanel,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    statusBar?.registerStatusItem(PLUGIN_ID, {
      item: new StatusItem(arbiter, kernelPaths, trans, () => resources.open()),
      align: 'left',
      rank: 4
    });
  }
};
