import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  IThemeManager,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';

import { HistoryClient } from '../history/client';
import { Board } from '../timeline/board';
import { IArbiter, IKernelPaths } from '../tokens';
import { CommandIDs } from './commands';
import { HistoryWidget } from '../widgets/historyWidget';
import { resourcesIcon } from '../widgets/icon';

type Parts = {
  readonly app: JupyterFrontEnd;
  readonly arbiter: IArbiter;
  readonly kernelPaths: IKernelPaths;
  readonly themes: IThemeManager | null;
  readonly trans: TranslationBundle;
};

/** Adds the timeline, the plots and the report of the past to the main area. */
export const historyPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellgrant:history',
  description: 'Shows what cells waited, ran and used in the past.',
  autoStart: true,
  requires: [IArbiter, IKernelPaths],
  optional: [ICommandPalette, ILayoutRestorer, IThemeManager, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const parts = { app, arbiter, kernelPaths, themes, trans };
    const tracker = new WidgetTracker<MainAreaWidget<HistoryWidget>>({
      namespace: 'cellgrant-history'
    });
    app.commands.addCommand(CommandIDs.openHistory, {
      label: trans.__('Show the History of Resources'),
      caption: trans.__('Show what the cells of this node waited for, ran and used'),
      icon: resourcesIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        const widget = tracker.currentWidget ?? created(parts);
        if (!tracker.has(widget)) {
          void tracker.add(widget);
          app.shell.add(widget, 'main');
        }
        app.shell.activateById(widget.id);
      }
    });
    palette?.addItem({ command: CommandIDs.openHistory, category: trans.__('Cellgrant') });
    void restorer?.restore(tracker, { command: CommandIDs.openHistory, name: () => 'history' });
  }
};

function created({
  app,
  arbiter,
  kernelPaths,
  themes,
  trans
}: Parts): MainAreaWidget<HistoryWidget> {
  const content = new HistoryWidget({
    board: new Board(new HistoryClient(app.serviceManager.serverSettings), arbiter, kernelPaths),
    arbiter,
    kernelPaths,
    trans,
    canShow: ({ holderId }) => kernelPaths.paths.has(holderId),
    onShow: ({ holderId, cellId }) => void kernelPaths.reveal(holderId, cellId)
  });
  const recolour = (): void => content.recolour();
  themes?.themeChanged.connect(recolour);
  content.disposed.connect(() => themes?.themeChanged.disconnect(recolour));
  const widget = new MainAreaWidget({ content });
  widget.id = 'jupyterlab-cellgrant-history';
  widget.title.label = trans.__('Resource History');
  widget.title.icon = resourcesIcon;
  return widget;
}
