import type { Cell, ICellModel } from '@jupyterlab/cells';
import type { INotebookModel, INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import type { Usual } from '../../server/protocol/prediction';
import type { ClaimView, Fit, StoryLine } from '../../server/protocol/view';
import type { LastRuns } from './lastRuns';
import type { RunThrough, RunThroughs } from './runThrough';
import { HintSheet } from './sheet';
import { METADATA_KEY, readSources, type Sourced } from './sources';
import { TagWatch } from './tagWatch';
import { undoStepsOf } from './undoSteps';
import type { ArbiterChange, IArbiter, IDefaults } from '../tokens';
import { cellKey } from '../arbiter/cells';
import { Fits } from '../arbiter/fits';

/** The active code cell and those selected with it, with all facts about their hints. */
export type ActiveHints = {
  /** The sheet of all of them. */
  readonly cell: HintSheet;
  readonly notebook: HintSheet;
  /** What the active cell requests. */
  readonly sourced: Sourced;
  /** What the others request. */
  readonly others: readonly Sourced[];
  /** False if the node is known to have no GPUs. */
  readonly hasGpus: boolean;
  readonly readOnly: boolean;
  readonly notebookName: string;
  /** The newest claim of the cell; none if several are selected. */
  readonly claim: ClaimView | undefined;
  /** How it would fare if it ran now; null while that is unknown, or several are selected. */
  readonly fit: Fit | null;
  /** What it usually needs; null if nothing is known, or several are selected. */
  readonly usual: Usual | null;
  /** What the last run through the notebook cost; null if nothing is known. */
  readonly runThrough: RunThrough | null;
};

/** Read the hints of a notebook's cell, including inherited ones. */
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
 * Several may follow the same cell: the edited values are in its model.
 */
export class CellHints implements IDisposable {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _arbiter: IArbiter,
    private readonly _defaults: IDefaults | null,
    private readonly _past: { readonly lastRuns: LastRuns; readonly runThroughs: RunThroughs },
    /** Whether an editor is in sight: otherwise nothing is asked. */
    private readonly _isShown: () => boolean
  ) {
    this._fits = new Fits(_arbiter, _isShown);
    this._fits.changed.connect(this._emit, this);
    _past.lastRuns.changed.connect(this._emit, this);
    _past.runThroughs.changed.connect(this._emit, this);
    _tracker.activeCellChanged.connect(this._follow, this);
    _tracker.currentChanged.connect(this._follow, this);
    _tracker.selectionChanged.connect(this._follow, this);
    _arbiter.changed.connect(this._onArbiter, this);
    _defaults?.changed.connect(this._emit, this);
    this._tags.changed.connect(this._emit, this);
    this._follow();
  }

  /** Emitted when {@link active} may have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The hints of the active cell; null if neither it nor a selected one is code. */
  get active(): ActiveHints | null {
    const panel = this._panel;
    const notebook = panel?.content.model;
    const [first, ...others] = this._cells.filter(cell => cell.model?.type === 'code');
    if (!notebook || !first) {
      return null;
    }
    const kernelId = panel?.sessionContext.session?.kernel?.id;
    const sourced = (cell: Cell): Sourced =>
      sourcesOf(cell.model, notebook, this._defaults, this._arbiter);
    const cellId = others.length ? undefined : first.model.id;
    const claim = kernelId && cellId ? this._arbiter.claimOf(kernelId, cellId) : undefined;
    const own = sourced(first);
    const fit = kernelId && cellId ? this._fits.of(kernelId, { ...own.sources, cellId }) : null;
    return {
      cell: new HintSheet(
        [first, ...others].map(cell => cell.model),
        undoStepsOf(notebook.sharedModel)
      ),
      notebook: new HintSheet(notebook),
      sourced: own,
      others: others.map(sourced),
      hasGpus: this._hasGpus,
      readOnly: notebook.readOnly,
      notebookName: panel?.context.path ?? '',
      claim,
      fit,
      usual: fit?.usual ?? (cellId && (fit || !kernelId) ? this._recorded(cellId) : null),
      runThrough: kernelId ? this._runThrough(kernelId) : null
    };
  }

  /** What was recorded of a cell of which the sidecar cannot tell. */
  private _recorded(cellId: string): Usual | null {
    const last = this._past.lastRuns.of(cellId);
    return last ? { last, predicted: null, takes: null } : null;
  }

  private _runThrough(kernelId: string): RunThrough | null {
    const claims = this._arbiter.snapshot?.claims ?? [];
    const ends = claims.map(it =>
      it.holderId === kernelId && it.state === 'done' ? it.endedMs : -Infinity
    );
    return this._isShown() ? this._past.runThroughs.of(kernelId, Math.max(...ends)) : null;
  }

  /** Move the focus from an editor of the hints back to the cell, in command mode. */
  leave(): void {
    const notebook = this._panel?.content;
    if (notebook) {
      notebook.mode = 'command';
      notebook.activate();
    }
  }

  /** Why a claim waited, and why it got its grant. Rejects with a sentence for people. */
  storyOf(claimId: string): Promise<readonly StoryLine[]> {
    return this._arbiter.storyOf(claimId);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._tags.dispose();
    this._fits.dispose();
    Signal.clearData(this);
  }

  private _follow(): void {
    const panel = this._tracker.currentWidget;
    const active = this._tracker.activeCell;
    const selected = panel?.content.widgets.filter(
      cell => cell !== active && panel.content.isSelected(cell)
    );
    const cells = [...(active ? [active] : []), ...(selected ?? [])];
    for (const cell of this._cells.filter(it => !cells.includes(it))) {
      cell.model?.metadataChanged.disconnect(this._emit, this);
      cell.model?.contentChanged.disconnect(this._emit, this);
    }
    for (const cell of cells.filter(it => !this._cells.includes(it))) {
      cell.model.metadataChanged.connect(this._emit, this);
      cell.model.contentChanged.connect(this._emit, this);
    }
    this._cells = cells;
    if (panel !== this._panel) {
      this._panel?.content?.model?.metadataChanged.disconnect(this._emit, this);
      panel?.content.model?.metadataChanged.connect(this._emit, this);
      this._panel = panel;
    }
    this._emit();
  }

  private _onArbiter(_: unknown, change: ArbiterChange): void {
    const kernelId = this._panel?.sessionContext?.session?.kernel?.id;
    const cellId = this._cells[0]?.model?.id;
    const { snapshot } = this._arbiter;
    // While the sidecar is away, the last known state applies.
    const hasGpus = snapshot ? snapshot.node.gpus.length > 0 : this._hasGpus;
    const isConcerned = kernelId && cellId && change.cells.has(cellKey(kernelId, cellId));
    if (isConcerned || hasGpus !== this._hasGpus) {
      this._hasGpus = hasGpus;
      this._emit();
    }
  }

  private _emit(): void {
    this._changed.emit();
  }

  private readonly _tags = new TagWatch(() =>
    this._cells.map(cell => cell.model?.getMetadata('tags'))
  );
  private readonly _fits: Fits;
  private _isDisposed = false;
  private _panel: NotebookPanel | null = null;
  /** The active cell, and those selected with it. */
  private _cells: readonly Cell[] = [];
  private _hasGpus = true;
  private readonly _changed = new Signal<this, void>(this);
}
