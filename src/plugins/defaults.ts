import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { UserDefaults } from '../hints/userDefaults';
import { NotebookDefaults } from '../hints/notebookDefaults';
import { typed } from '../hints/typing';
import { IArbiter, IDefaults } from '../tokens';
import { CommandIDs } from './commands';
import { Warnings } from './warnings';

const PLUGIN_ID = 'jupyterlab-cellgrant:defaults';

/** Sends the default hints of the settings editor and of each notebook to the sidecar (ADM2). */
export const defaultsPlugin: JupyterFrontEndPlugin<IDefaults> = {
  id: PLUGIN_ID,
  description: 'Tells the sidecar the default hints of the settings and of each notebook.',
  autoStart: true,
  provides: IDefaults,
  requires: [IArbiter, ISettingRegistry],
  optional: [ITranslator],
  activate: (
    { commands, docRegistry }: JupyterFrontEnd,
    arbiter: IArbiter,
    registry: ISettingRegistry,
    translator: ITranslator | null
  ): IDefaults => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    // Both show the problems of defaults in full: the panel yours, the editor those of a notebook.
    const warnings = (command: string): Warnings =>
      new Warnings({
        label: trans.__('Show'),
        callback: () => void commands.execute(command)
      });
    const own = warnings(CommandIDs.open);
    const defaults = new UserDefaults(arbiter, trans, problems => own.show(problems), typed);
    void registry.load(PLUGIN_ID).then(settings => {
      const tell = (): void => defaults.set(settings.composite);
      settings.changed.connect(tell);
      tell();
    });
    docRegistry.addWidgetExtension('Notebook', {
      createNew: (panel: NotebookPanel) => {
        const its = warnings(CommandIDs.editHints);
        return new NotebookDefaults(panel, arbiter, problems => its.show(problems));
      }
    });
    return defaults;
  }
};
