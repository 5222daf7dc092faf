import type { Cell, CodeCell } from '@jupyterlab/cells';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { PanelLayout } from '@lumino/widgets';

import type { ClaimView, Fit } from '../../server/protocol/view';
import type { BadgeMode } from '../arbiter/badge';
import { cellKey } from '../arbiter/cells';
import { Fits } from '../arbiter/fits';
import type { Sourced } from '../hints/sources';
import type { ArbiterChange, IArbiter } from '../tokens';
import {
  badgePropsOf,
  type CellNow,
  isBusy,
  lostOf,
  type NotebookBadgesOptions
} from './badgeProps';
import { BadgeWidget, isSame } from './badgeWidget';

/** How often the clocks of waiting and running cells, and the active cell, are redrawn, in ms. */
const TICK_MS = 1000;

/**
 * Maintains a badge below each cell of a notebook that has something to report.
 *
 * #### Notes
 * No state is kept in the DOM: a badge is made from the models when its cell is
 * on screen, and made again when the notebook rebuilt the cell. A change costs
 * work only for the cells that it affects, however long the notebook is.
 */
export class NotebookBadges implements IDisposable {
  constructor(private readonly _options: NotebookBadgesOptions) {
    const { panel, arbiter, defaults } = _options;
    this._mode = _options.mode;
    this._fits = new Fits(arbiter, () => panel.isVisible);
    this._fits.changed.connect(this._refreshAsks, this);
    arbiter.changed.connect(this._onArbiter, this);
    defaults?.changed.connect(this.refreshAll, this);
    panel.sessionContext.kernelChanged.connect(this.refreshAll, this);
    panel.content.modelChanged.connect(this._onModel, this);
    panel.content.activeCellChanged.connect(this._onActiveCell, this);
    panel.disposed.connect(this.dispose, this);
    this._timer = window.setInterval(() => this._onTick(), TICK_MS);
    this._onModel();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearInterval(this._timer);
    this._badges.forEach(badge => badge.dispose());
    this._badges.clear();
    this._fits.dispose();
    Signal.clearData(this);
  }

  /** Choose which cells have a badge. */
  setMode(mode: BadgeMode): void {
    this._mode = mode;
    this.refreshAll();
  }

  /** Rebuild every badge from the models. */
  refreshAll(): void {
    this._cells.forEach(cell => this._refresh(cell));
  }

  private _onModel(): void {
    // The notebook connected first, so its widgets are in step when this is called.
    this._options.panel.content.model?.cells.changed.connect(this._onStructure, this);
    this._onStructure();
  }

  /** Cells were added or removed: watch the new ones, forget the removed ones. */
  private _onStructure(): void {
    const living = new Map(
      this._options.panel.content.widgets
        .filter((cell): cell is CodeCell => cell.model.type === 'code')
        .map(cell => [cell.model.id, cell])
    );
    for (const [id, cell] of this._cells) {
      if (living.get(id) !== cell) {
        this._drop(cell);
        this._cells.delete(id);
      }
    }
    for (const [id, cell] of living) {
      if (!this._cells.has(id)) {
        this._cells.set(id, cell);
        this._watch(cell);
      }
    }
  }

  private _watch(cell: CodeCell): void {
    const refresh = (): void => this._refresh(cell);
    cell.model.stateChanged.connect((_, { name, newValue }) => {
      if (name === 'executionCount' && newValue === null) {
        this._cleared.set(cell, this._claimOf(cell)?.id);
      }
      refresh();
    }, this);
    cell.model.metadataChanged.connect(refresh, this);
    cell.model.sharedModel.changed.connect(refresh, this);
    cell.inViewportChanged.connect(refresh, this);
    cell.disposed.connect(() => this._drop(cell), this);
    void cell.ready.then(refresh);
  }

  private _onArbiter(_: unknown, change: ArbiterChange): void {
    const kernelId = this._kernelId();
    const shared = sharedBy(this._options.arbiter);
    if (shared !== this._shared) {
      this._shared = shared;
      this.refreshAll();
    }
    if (kernelId === null) {
      return;
    }
    // Another cell of the kernel started, so those behind it display something else.
    const turned = change.kernels.has(kernelId);
    for (const [id, cell] of this._cells) {
      if (change.cells.has(cellKey(kernelId, id)) || (turned && isBusy(cell))) {
        this._refresh(cell);
      }
    }
    this._refreshAsks();
  }

  /** Whether an ask would be granted depends on everybody's claims. */
  private _refreshAsks(): void {
    for (const cell of this._cells.values()) {
      const props = this._badges.get(cell)?.props;
      if (props?.place === 'row' && (props.badge.kind === 'asks' || props.badge.kind === 'done')) {
        this._refresh(cell);
      }
    }
  }

  private _onTick(): void {
    const { panel, arbiter } = this._options;
    if (!panel.isVisible) {
      return;
    }
    const kernelId = this._kernelId();
    const ids = kernelId === null ? [] : arbiter.activeClaims(kernelId).map(it => it.cellId);
    // The active cell, because not every change of its tags has a signal (TagWatch).
    for (const id of new Set([...ids, panel.content.activeCell?.model.id])) {
      const cell = this._cells.get(id ?? '');
      if (cell) {
        this._refresh(cell);
      }
    }
  }

  private _refresh(cell: CodeCell): void {
    if (this.isDisposed || cell.isDisposed || !cell.inputArea) {
      return; // gone, or not built yet: called again once it is
    }
    const props = badgePropsOf(this._options, this._nowOf(cell));
    const known = this._badges.get(cell);
    if (!props) {
      this._drop(cell);
    } else if (!known || known.isDisposed || known.parent !== cell) {
      this._drop(cell);
      this._insert(cell, new BadgeWidget(props));
    } else if (!isSame(known.props, props)) {
      known.tell(props);
    }
    this._badges.get(cell)?.clearToolbar();
  }

  /** The toolbar moved to another cell: it exists once that is drawn. */
  private _onActiveCell(): void {
    window.requestAnimationFrame(() => this._badges.forEach(badge => badge.clearToolbar()));
  }

  /** Put a badge between the input and the output of a cell. */
  private _insert(cell: CodeCell, badge: BadgeWidget): void {
    const layout = cell.layout as PanelLayout;
    const input = layout.widgets.findIndex(widget => widget.contains(cell.inputArea!));
    layout.insertWidget(input + 1, badge);
    this._badges.set(cell, badge);
  }

  private _drop(cell: Cell): void {
    this._badges.get(cell)?.dispose();
    this._badges.delete(cell);
  }

  private _nowOf(cell: CodeCell): CellNow {
    const kernelId = this._kernelId();
    const cellId = cell.model.id;
    const claim = this._claimOf(cell);
    const isCleared = claim !== undefined && this._cleared.get(cell) === claim.id;
    const fitOf = ({ own, sources }: Sourced): Fit | null =>
      own && kernelId !== null ? this._fits.of(kernelId, { ...sources, cellId }) : null;
    return { cell, mode: this._mode, kernelId, claim, isCleared, fitOf };
  }

  private _claimOf(cell: CodeCell): ClaimView | undefined {
    const kernelId = this._kernelId();
    return kernelId === null ? undefined : this._options.arbiter.claimOf(kernelId, cell.model.id);
  }

  private _kernelId(): string | null {
    return this._options.panel.sessionContext.session?.kernel?.id ?? null;
  }

  private readonly _cells = new Map<string, CodeCell>();
  private readonly _badges = new Map<Cell, BadgeWidget>();
  /** The claims that ended before their cell was cleared. */
  private readonly _cleared = new WeakMap<Cell, string | undefined>();
  private readonly _fits: Fits;
  private readonly _timer: number;
  private _mode: BadgeMode;
  /** The state common to all cells when the badges were last made. */
  private _shared = '';
  private _isDisposed = false;
}

/** What every badge depends on: whether the server answers, and the node's defaults. */
function sharedBy(arbiter: IArbiter): string {
  return JSON.stringify([lostOf(arbiter), arbiter.snapshot?.node.defaults]);
}
