import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';

import { type News, type NewsKind, NewsReader } from '../arbiter/news';
import { newsText } from '../components/newsTexts';
import { IArbiter, IKernelPaths } from '../tokens';

const PLUGIN_ID = 'jupyterlab-cellgrant:notifications';

/** How long a notification stays visible, in ms; it stays in the list. */
const IN_SIGHT_MS = 10_000;

const TYPES: Readonly<Record<NewsKind, 'info' | 'success' | 'warning' | 'error'>> = {
  granted: 'info',
  finished: 'success',
  nearMemory: 'warning',
  killed: 'error',
  refused: 'warning'
};

/** Tells what happened to one's own cells while one did not look. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Tells what happened to the cells of notebooks that are not in sight.',
  autoStart: true,
  requires: [IArbiter, IKernelPaths, ISettingRegistry],
  optional: [INotebookTracker, ITranslator],
  activate: async (
    _: JupyterFrontEnd,
    arbiter: IArbiter,
    kernelPaths: IKernelPaths,
    registry: ISettingRegistry,
    tracker: INotebookTracker | null,
    translator: ITranslator | null
  ): Promise<void> => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_cellgrant');
    const settings = await registry.load(PLUGIN_ID);
    const reader = new NewsReader();
    arbiter.changed.connect(() => {
      for (const news of reader.read(arbiter.snapshot)) {
        const { holderId } = news.claim;
        const isWanted = settings.get(news.kind).composite !== false;
        if (isWanted && kernelPaths.paths.has(holderId) && !isWatched(tracker, holderId)) {
          notify(kernelPaths, trans, news);
        }
      }
    });
  }
};

/** Whether the notebook of a kernel is in sight. */
function isWatched(tracker: INotebookTracker | null, kernelId: string): boolean {
  const panel = tracker?.find(it => it.sessionContext.session?.kernel?.id === kernelId);
  return document.visibilityState === 'visible' && (panel?.isVisible ?? false);
}

function notify(kernelPaths: IKernelPaths, trans: TranslationBundle, news: News): void {
  const { holderId, cellId } = news.claim;
  const text = newsText(trans, kernelPaths.paths, news);
  const show = {
    label: trans.__('Show the Cell'),
    callback: () => void kernelPaths.reveal(holderId, cellId)
  };
  Notification.emit(text, TYPES[news.kind], { autoClose: IN_SIGHT_MS, actions: [show] });
}
