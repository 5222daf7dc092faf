import { type ICodeCellModel, isCodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { sentenceOf } from '../../server/protocol/errors';
import type { Phrases } from '../../server/protocol/phrases';
import { cellKey } from '../arbiter/cells';
import { speakerOf } from '../arbiter/speaker';
import type { ArbiterChange, IArbiter } from '../tokens';
import { DeathDialog } from './deathDialog';

/** The name of the error of a killed cell. */
const KILLED = 'KernelKilled';

/**
 * Writes why a kernel was killed into the output of its cell, and into the dialog that reports it (MEM3).
 *
 * #### Notes
 * A dead kernel cannot write it, and the badge is not saved with the notebook.
 * Only deaths during the life of this page count: earlier ones are in
 * the notebook already. A second page on a shared notebook finds it written.
 */
export class KilledOutputs implements IDisposable {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _arbiter: IArbiter,
    private readonly _trans: Phrases
  ) {
    this._dialog = new DeathDialog(_panel);
    _arbiter.changed.connect(this._onArbiter, this);
    _panel.disposed.connect(this.dispose, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._dialog.dispose();
    Signal.clearData(this);
  }

  private _onArbiter(_: unknown, { cells }: ArbiterChange): void {
    const kernelId = this._panel.sessionContext.session?.kernel?.id;
    if (kernelId === undefined) {
      return;
    }
    for (const model of this._panel.content.model?.cells ?? []) {
      if (cells.has(cellKey(kernelId, model.id)) && isCodeCellModel(model)) {
        this._look(kernelId, model);
      }
    }
  }

  private _look(kernelId: string, cell: ICodeCellModel): void {
    const claim = this._arbiter.claimOf(kernelId, cell.id);
    if (claim?.state !== 'done' || claim.outcome !== 'died' || claim.why === null) {
      return;
    }
    // Ages, not times: the clocks of browser and sidecar may differ.
    const agoMs = this._arbiter.nowMs() - claim.endedMs;
    if (agoMs <= performance.now() - this._openedMs && !this._told.has(claim.id)) {
      this._told.add(claim.id);
      const sentence = sentenceOf(claim.why, speakerOf(this._trans, new Map(), claim.holderKind));
      writeCause(cell, sentence);
      this._dialog.explain(sentence);
    }
  }

  private readonly _dialog: DeathDialog;
  private readonly _openedMs = performance.now();
  /** Claims already reported: somebody may have cleared the output since. */
  private readonly _told = new Set<string>();
  private _isDisposed = false;
}

function writeCause({ outputs }: ICodeCellModel, sentence: string): void {
  const written = outputs.toJSON();
  if (!written.some(it => it['ename'] === KILLED)) {
    const traceback = [`\u001b[31m${KILLED}\u001b[39m: ${sentence}`];
    outputs.add({ output_type: 'error', ename: KILLED, evalue: sentence, traceback });
  }
}
