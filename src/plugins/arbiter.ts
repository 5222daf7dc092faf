import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { ArbiterClient } from '../arbiter/client';
import { ArbiterModel } from '../arbiter/model';
import { IArbiter } from '../tokens';

/** Keeps the newest snapshot of the sidecar, for all other plugins. */
export const arbiterPlugin: JupyterFrontEndPlugin<IArbiter> = {
  id: 'jupyterlab-cellgrant:arbiter',
  description: 'Keeps the newest snapshot of the resource grants of this node.',
  autoStart: true,
  provides: IArbiter,
  activate: ({ serviceManager }: JupyterFrontEnd): IArbiter =>
    new ArbiterModel({
      client: new ArbiterClient(serviceManager.serverSettings),
      events: serviceManager.events,
      clock: () => Date.now()
    })
};
