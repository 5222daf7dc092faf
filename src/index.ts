import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { arbiterPlugin } from './plugins/arbiter';
import { badgesPlugin } from './plugins/badges';
import { commandsPlugin } from './plugins/commands';
import { consentPlugin } from './plugins/consent';
import { cullingPlugin } from './plugins/culling';
import { defaultsPlugin } from './plugins/defaults';
import { historyPlugin } from './plugins/history';
import { hintsPlugin } from './plugins/hints';
import { kernelPathsPlugin } from './plugins/kernelPaths';
import { notificationsPlugin } from './plugins/notifications';
import { panelPlugin } from './plugins/panel';
import { statusPlugin } from './plugins/status';

export * from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  arbiterPlugin,
  kernelPathsPlugin,
  defaultsPlugin,
  consentPlugin,
  hintsPlugin,
  panelPlugin,
  badgesPlugin,
  statusPlugin,
  historyPlugin,
  notificationsPlugin,
  commandsPlugin,
  cullingPlugin
];

export default plugins;
