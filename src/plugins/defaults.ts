import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { UserDefaults } from '../hints/userDefaults';
import { NotebookDefaults } from '../hints/notebookDefaults';
import { IArbiter, IDefaults } from '../tokens';

const PLUGIN_ID = 'jupyterlab-cellgrant:defaults';

/** Tells the sidecar the default hints of the settings editor and of each notebook (ADM2). */
export const defaultsPlugin: JupyterFrontEndPlugin<IDefaults> = {
  id: PLUGIN_ID,
  description: 'Tells the sidecar the default hints of the settings and of each notebook.',
  autoStart: true,
  provides: IDefaults,
  requires: [IArbiter, ISettingRegistry],
  optional: [ITranslator],
  activate: (
    { docRegistry }: JupyterFrontEnd,
    arbiter: IArbiter,
    registry: ISettingRegistry,
    translator: ITranslator | null
  ): IDefaults => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const warn = (problem: string): void => {
      Notification.warning(problem, { autoClose: 15_000 });
    };
    const defaults = new UserDefaults(arbiter, trans, warn);
    void registry.load(PLUGIN_ID).then(settings => {
      const tell = (): void => defaults.set(settings.composite);
      settings.changed.connect(tell);
      tell();
    });
    docRegistry.addWidgetExtension('Notebook', {
      createNew: (panel: NotebookPanel) => new NotebookDefaults(panel, arbiter, warn)
    });
    return defaults;
  }
};
