import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTools, INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Collapser } from '@jupyterlab/ui-components';

import { IArbiter, IDefaults, IKernelPaths } from '../tokens';
import { HistoryClient } from '../history/client';
import { CellHints } from '../hints/cellHints';
import { LastRuns } from '../hints/lastRuns';
import { RunThroughs } from '../hints/runThrough';
import { HintsTool } from '../widgets/hintsTool';

/** The section's rank among the others: below the common tools, above the advanced ones. */
const RANK = 45;

/** Adds the "Resources" section to the property inspector. */
export const hintsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-cellgrant:hints',
  description: 'Edits the resource hints of the active cell in the property inspector.',
  autoStart: true,
  requires: [IArbiter, IKernelPaths],
  optional: [INotebookTools, INotebookTracker, IDefaults, ITranslator],
  activate: (
    { serviceManager }: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    tools: INotebookTools | null,
    tracker: INotebookTracker | null,
    defaults: IDefaults | null,
    translator: ITranslator | null
  ): void => {
    if (!tools || !tracker) {
      return; // a page without notebooks, such as the tree of Notebook 7
    }
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const history = new HistoryClient(serviceManager.serverSettings);
    const past = { lastRuns: new LastRuns(history), runThroughs: new RunThroughs(history) };
    const hints = new CellHints(tracker, arbiter, defaults, past, () => tool.isVisible);
    const tool: HintsTool = new HintsTool(hints, kernelPaths, trans);
    tools.addSection({
      sectionName: 'jupyterlab-cellgrant',
      label: trans.__('Resources'),
      rank: RANK,
      tool
    });
    // Folded, as sections are by default, it would hide the very fields that people look for.
    let above = tool.parent;
    while (above && !(above instanceof Collapser)) {
      above = above.parent;
    }
    if (above) {
      above.collapsed = false;
    }
  }
};
