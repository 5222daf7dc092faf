import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import type { BadgeMode } from '../arbiter/badge';
import { keeperFor } from '../arbiter/keeper';
import { keeperCalls } from '../consent/consent';
import { IArbiter, IConsent, IDefaults, IKernelPaths, IResourcesPanel } from '../tokens';
import { KilledOutputs } from '../widgets/killedOutputs';
import { NotebookBadges } from '../widgets/notebookBadges';
import { cancelClaim } from './claimCalls';

const PLUGIN_ID = 'jupyterlab-cellgrant:badges';

/** Shows at each cell the facts about its resources. */
export const badgesPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Shows at each cell what it asks for, waits for, runs with, used or died of.',
  autoStart: true,
  requires: [IArbiter, IKernelPaths, IConsent],
  optional: [IDefaults, IResourcesPanel, ISettingRegistry, ITranslator],
  activate: (
    { docRegistry }: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    consent: IConsent,
    defaults: IDefaults | null,
    resources: IResourcesPanel | null,
    settings: ISettingRegistry | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const open = new Set<NotebookBadges>();
    let mode: BadgeMode = 'telling';
    const createNew = (panel: NotebookPanel): IDisposable => {
      const badges = new NotebookBadges({
        panel,
        arbiter,
        defaults,
        trans,
        mode,
        onCancel: claimId => void cancelClaim(arbiter, claimId),
        onEdit: cellId => {
          const { content } = panel;
          content.activeCellIndex = content.widgets.findIndex(cell => cell.model.id === cellId);
          resources?.editHints();
        },
        onReveal: kernelId => void revealHolder(arbiter, kernelPaths, kernelId),
        paths: () => kernelPaths.paths,
        keeperFor: claim =>
          arbiter.snapshot && keeperFor(arbiter.snapshot, kernelPaths.paths, claim),
        keepers: keeperCalls(consent)
      });
      open.add(badges);
      panel.disposed.connect(() => open.delete(badges));
      return badges;
    };
    docRegistry.addWidgetExtension('Notebook', { createNew });
    docRegistry.addWidgetExtension('Notebook', {
      createNew: panel => new KilledOutputs(panel as NotebookPanel, arbiter, trans)
    });
    void followMode(settings, chosen => {
      mode = chosen;
      open.forEach(badges => badges.setMode(mode));
    });
  }
};

async function revealHolder(
  arbiter: IArbiter,
  kernelPaths: IKernelPaths,
  kernelId: string
): Promise<void> {
  await kernelPaths.reveal(kernelId, arbiter.activeClaims(kernelId)[0]?.cellId);
}

/** Report the mode of the settings now and whenever it changes. */
async function followMode(
  registry: ISettingRegistry | null,
  onMode: (mode: BadgeMode) => void
): Promise<void> {
  const settings = await registry?.load(PLUGIN_ID);
  const tell = (): void => onMode(settings?.get('show').composite as BadgeMode);
  if (settings) {
    settings.changed.connect(tell);
    tell();
  }
}
