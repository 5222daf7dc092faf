import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { CACHE, inRoot } from '../prepare/places.mjs';

/** What JupyterLab calls the file of the workspace "default". */
const DEFAULT = 'default-37a8.jupyterlab-workspace';

/**
 * The folder of the tour's own workspaces; the first start finds Resources open there.
 *
 * #### Notes
 * JupyterLab keeps in it what a person arranged since, so it is written once. The
 * workspaces of whoever starts the tour stay as they are.
 */
export function tourWorkspaces(directory = join(CACHE, 'tour-workspaces')) {
  mkdirSync(directory, { recursive: true });
  try {
    const from = inRoot('scripts', 'tour', 'workspace.json');
    copyFileSync(from, join(directory, DEFAULT), constants.COPYFILE_EXCL);
  } catch (error) {
    if (error.code !== 'EEXIST') {
      throw error;
    }
  }
  return directory;
}
