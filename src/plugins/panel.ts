import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { keeperCalls } from '../consent/consent';
import { IArbiter, IConsent, IDefaults, IKernelPaths, IResourcesPanel } from '../tokens';
import { HistoryClient } from '../history/client';
import { CellHints } from '../hints/cellHints';
import { LastRuns } from '../hints/lastRuns';
import { RunThroughs } from '../hints/runThrough';
import { resourcesIcon } from '../widgets/icon';
import { ResourcesPanel } from '../widgets/resourcesPanel';
import { cancelClaim, moveUpClaim } from './claimCalls';
import { CommandIDs } from './commands';

const PANEL_ID = 'jupyterlab-cellgrant-panel';

/** The rank among the tabs of the right side bar. */
const RANK = 650;

/** Adds the side panel. */
export const panelPlugin: JupyterFrontEndPlugin<IResourcesPanel> = {
  id: 'jupyterlab-cellgrant:panel',
  description: 'Shows the node, the queue, the kernels and the active cell in a side panel.',
  autoStart: true,
  provides: IResourcesPanel,
  requires: [IArbiter, IKernelPaths, IConsent],
  optional: [INotebookTracker, IDefaults, ITranslator, ILayoutRestorer],
  activate: (
    { shell, commands, serviceManager }: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    consent: IConsent,
    tracker: INotebookTracker | null,
    defaults: IDefaults | null,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
  ): IResourcesPanel => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const history = new HistoryClient(serviceManager.serverSettings);
    const past = { lastRuns: new LastRuns(history), runThroughs: new RunThroughs(history) };
    const panel: ResourcesPanel = new ResourcesPanel({
      arbiter,
      defaults,
      kernelPaths,
      hints: tracker && new CellHints(tracker, arbiter, defaults, past, () => panel.isVisible),
      trans,
      onCancel: claimId => void cancelClaim(arbiter, claimId),
      onMoveUp: claimId => void moveUpClaim(arbiter, claimId),
      keepers: keeperCalls(consent),
      onHistory: () => void commands.execute(CommandIDs.openHistory)
    });
    panel.id = PANEL_ID;
    panel.title.icon = resourcesIcon;
    panel.title.caption = trans.__('Resources');
    shell.add(panel, 'right', { rank: RANK, type: 'Resources' });
    restorer?.add(panel, PANEL_ID);
    const open = (): void => shell.activateById(PANEL_ID);
    return {
      open,
      editHints: () => {
        open();
        void panel.focusHints();
      }
    };
  }
};
