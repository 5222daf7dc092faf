import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';

import { IKernelPaths } from '../tokens';
import { KernelPaths } from '../arbiter/kernelPaths';

/** Maps kernels to their notebooks. */
export const kernelPathsPlugin: JupyterFrontEndPlugin<IKernelPaths> = {
  id: 'jupyterlab-cellgrant:kernel-paths',
  description: 'Knows which document belongs to which kernel.',
  autoStart: true,
  provides: IKernelPaths,
  optional: [INotebookTracker],
  activate: (app: JupyterFrontEnd, tracker: INotebookTracker | null): IKernelPaths =>
    new KernelPaths(app, tracker)
};
