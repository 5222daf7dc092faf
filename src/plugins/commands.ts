import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';

import type { ClaimView } from '../../server/protocol/view';
import { IArbiter, IKernelPaths, IResourcesPanel } from '../tokens';
import { resourcesIcon } from '../widgets/icon';
import { cancelClaim } from './claimCalls';
import { addPolicyCommand, POLICIES } from './policy';

/** The ids of the commands. */
export const CommandIDs = {
  open: 'cellgrant:open-panel',
  openHistory: 'cellgrant:open-history',
  editHints: 'cellgrant:edit-hints',
  cancel: 'cellgrant:cancel-waiting-cell',
  cancelAll: 'cellgrant:cancel-all-waiting',
  setPolicy: 'cellgrant:set-policy'
} as const;

type Parts = {
  readonly app: JupyterFrontEnd;
  readonly arbiter: IArbiter;
  readonly kernelPaths: IKernelPaths;
  readonly resources: IResourcesPanel;
  readonly tracker: INotebookTracker | null;
  readonly trans: TranslationBundle;
};

/** Adds the commands to the application and the palette. */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellgrant:commands',
  description: 'Adds the commands of Cellgrant.',
  autoStart: true,
  requires: [IArbiter, IKernelPaths, IResourcesPanel],
  optional: [INotebookTracker, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    resources: IResourcesPanel,
    tracker: INotebookTracker | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const parts = { app, arbiter, kernelPaths, resources, tracker, trans };
    addPanelCommands(parts);
    addCancelCommands(parts);
    addPolicyCommand(app.commands, CommandIDs.setPolicy, arbiter, trans);
    const category = trans.__('Cellgrant');
    for (const command of [
      CommandIDs.open,
      CommandIDs.editHints,
      CommandIDs.cancel,
      CommandIDs.cancelAll
    ]) {
      palette?.addItem({ command, category });
    }
    for (const policy of POLICIES) {
      palette?.addItem({ command: CommandIDs.setPolicy, category, args: { policy } });
    }
  }
};

const NO_ARGS = { args: { type: 'object', properties: {} } } as const;

function addPanelCommands({ app, resources, tracker, trans }: Parts): void {
  app.commands.addCommand(CommandIDs.open, {
    label: trans.__('Show Resources'),
    caption: trans.__('Show who holds the CPUs, the memory and the GPUs of this node'),
    icon: resourcesIcon,
    describedBy: NO_ARGS,
    execute: () => resources.open()
  });
  app.commands.addCommand(CommandIDs.editHints, {
    label: trans.__('Edit the Resource Hints of This Cell'),
    caption: trans.__('Say how many CPUs, how much memory or how many GPUs the active cell needs'),
    describedBy: {
      args: {
        type: 'object',
        properties: {
          isClicked: {
            type: 'boolean',
            description: trans.__('Whether the cell is the one below the context menu')
          }
        }
      }
    },
    isEnabled: ({ isClicked }) => isClicked === true || tracker?.activeCell?.model.type === 'code',
    execute: ({ isClicked }) => {
      if (isClicked === true) {
        activateClicked(app, tracker);
      }
      resources.editHints();
    }
  });
}

/** Activate the cell below the context menu: a right click into its code does not. */
function activateClicked(app: JupyterFrontEnd, tracker: INotebookTracker | null): void {
  const clicked = app.contextMenuHitTest(node => node.classList.contains('jp-Cell'));
  const panel = tracker?.find(it => it.node.contains(clicked ?? null));
  const cell = panel?.content.widgets.findIndex(it => it.node === clicked) ?? -1;
  if (!panel || cell < 0) {
    return;
  }
  app.shell.activateById(panel.id);
  if (!panel.content.isSelectedOrActive(panel.content.widgets[cell]!)) {
    panel.content.deselectAll();
    panel.content.activeCellIndex = cell;
  }
}

function addCancelCommands({ app, arbiter, kernelPaths, tracker, trans }: Parts): void {
  const ofActiveCell = (): ClaimView | undefined => {
    const kernelId = tracker?.currentWidget?.sessionContext.session?.kernel?.id;
    const cellId = tracker?.activeCell?.model.id;
    const claim = kernelId && cellId ? arbiter.claimOf(kernelId, cellId) : undefined;
    return claim?.state === 'waiting' ? claim : undefined;
  };
  const own = (): readonly ClaimView[] =>
    (arbiter.snapshot?.claims ?? []).filter(
      claim => claim.state === 'waiting' && kernelPaths.paths.has(claim.holderId)
    );
  app.commands.addCommand(CommandIDs.cancel, {
    label: trans.__('Cancel the Wait of This Cell'),
    caption: trans.__('Give up the wait of the active cell; it does not run'),
    describedBy: NO_ARGS,
    isEnabled: () => ofActiveCell() !== undefined,
    execute: async () => {
      const claim = ofActiveCell();
      await (claim && cancelClaim(arbiter, claim.id));
    }
  });
  app.commands.addCommand(CommandIDs.cancelAll, {
    label: trans.__('Cancel All My Waiting Cells'),
    caption: trans.__('Give up every wait of the kernels of this server; the cells do not run'),
    describedBy: NO_ARGS,
    isEnabled: () => own().length > 0,
    execute: async () => {
      await Promise.all(own().map(claim => cancelClaim(arbiter, claim.id)));
    }
  });
  arbiter.changed.connect((_, { kernels }) => {
    if (kernels.size) {
      app.commands.notifyCommandChanged(CommandIDs.cancel);
      app.commands.notifyCommandChanged(CommandIDs.cancelAll);
    }
  });
}
