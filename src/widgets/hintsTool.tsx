import { NotebookTools } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { PanelLayout } from '@lumino/widgets';
import * as React from 'react';

import { ThisCell } from '../components/ThisCell';
import type { CellHints } from '../hints/cellHints';
import type { IKernelPaths } from '../tokens';

/** The editor of the active cell's hints, as a widget. */
export function hintsEditor(
  hints: CellHints,
  kernelPaths: IKernelPaths,
  trans: TranslationBundle
): React.ReactElement {
  return (
    <UseSignal signal={hints.changed}>
      {() => (
        <ThisCell
          trans={trans}
          active={hints.active}
          storyOf={id => hints.storyOf(id)}
          paths={kernelPaths.paths}
          onLeave={() => hints.leave()}
        />
      )}
    </UseSignal>
  );
}

/** The "Resources" section of the property inspector. */
export class HintsTool extends NotebookTools.Tool {
  constructor(hints: CellHints, kernelPaths: IKernelPaths, trans: TranslationBundle) {
    super();
    this.addClass('cg-HintsTool');
    const layout = (this.layout = new PanelLayout());
    layout.addWidget(ReactWidget.create(hintsEditor(hints, kernelPaths, trans)));
  }
}
