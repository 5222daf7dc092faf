import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { INotebookModel, INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import type { ClaimView, StoryLine } from '../../server/protocol/view';
import { HintSheet } from './sheet';
import { METADATA_KEY, readSources, type Sourced } from './sources';
import { TagWatch } from './tagWatch';
import type { ArbiterChange, IArbiter, IDefaults } from '../tokens';
import { cellKey } from '../arbiter/cells';

/** The active code cell, with everything that is said about its hints. */
export type ActiveHints = {
  readonly cell: HintSheet;
  readonly notebook: HintSheet;
  readonly sourced: Sourced;
  readonly readOnly: boolean;
  readonly notebookName: string;
  /** The newest claim of the cell. */
  readonly claim: ClaimView | undefined;
};

/** Read the hints of a cell of a notebook, with what is inherited. */
export function sourcesOf(
  cell: ICellModel,
  notebook: INotebookModel | null,
  defaults: IDefaults | null,
  arbiter: IArbiter
): Sourced {
  const tags = cell.getMetadata('tags');
  return readSources({
    cell: cell.getMetadata(METADATA_KEY),
    tags: Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : [],
    code: cell.sharedModel.getSource(),
    notebook: notebook?.getMetadata(METADATA_KEY),
    settings: defaults?.hints,
    node: arbiter.snapshot?.node.defaults
  });
}

/**
 * Follows the active cell, for the editors of its hints.
 *
 * #### Notes
 * Several may follow the same cell: what they edit lies in its model.
 */
export class CellHints implements IDisposable {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _arbiter: IArbiter,
    private readonly _defaults: IDefaults | null
  ) {
    _tracker.activeCellChanged.connect(this._follow, this);
    _tracker.currentChanged.connect(this._follow, this);
    _arbiter.changed.connect(this._onArbiter, this);
    _defaults?.changed.connect(this._emit, this);
    this._tags.changed.connect(this._emit, this);
    this._follow();
  }

  /** Emitted when {@link active} may say something else. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The hints of the active cell; null without one, or where it is no code. */
  get active(): ActiveHints | null {
    const [panel, cell] = [this._panel, this._cell];
    const notebook = panel?.content.model;
    if (!notebook || cell?.model.type !== 'code') {
      return null;
    }
    const kernelId = panel?.sessionContext.session?.kernel?.id;
    return {
      cell: new HintSheet(cell.model),
      notebook: new HintSheet(notebook),
      sourced: sourcesOf(cell.model, notebook, this._defaults, this._arbiter),
      readOnly: notebook.readOnly,
      notebookName: panel?.context.path ?? '',
      claim: kernelId ? this._arbiter.claimOf(kernelId, cell.model.id) : undefined
    };
  }

  /** Why a claim waited, and why it got what it got. Rejects with a sentence for people. */
  storyOf(claimId: string): Promise<readonly StoryLine[]> {
    return this._arbiter.storyOf(claimId);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._tags.dispose();
    Signal.clearData(this);
  }

  private _follow(): void {
    const panel = this._tracker.currentWidget;
    const cell = this._tracker.activeCell;
    if (cell !== this._cell) {
      this._cell?.model?.metadataChanged.disconnect(this._emit, this);
      this._cell?.model?.contentChanged.disconnect(this._emit, this);
      cell?.model.metadataChanged.connect(this._emit, this);
      cell?.model.contentChanged.connect(this._emit, this);
      this._cell = cell;
    }
    if (panel !== this._panel) {
      this._panel?.content?.model?.metadataChanged.disconnect(this._emit, this);
      panel?.content.model?.metadataChanged.connect(this._emit, this);
      this._panel = panel;
    }
    this._emit();
  }

  private _onArbiter(_: unknown, change: ArbiterChange): void {
    const kernelId = this._panel?.sessionContext?.session?.kernel?.id;
    const cellId = this._cell?.model?.id;
    if (kernelId && cellId && change.cells.has(cellKey(kernelId, cellId))) {
      this._emit();
    }
  }

  private _emit(): void {
    this._changed.emit();
  }

  private readonly _tags = new TagWatch(() => this._cell?.model?.getMetadata('tags'));
  private _isDisposed = false;
  private _panel: NotebookPanel | null = null;
  private _cell: Cell | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
