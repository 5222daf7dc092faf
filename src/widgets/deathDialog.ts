import { Dialog, type ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

/**
 * Adds our reason to the dialog in which JupyterLab reports that a kernel died,
 * which states none (MEM3).
 *
 * #### Notes
 * Dialog and reason come in either order. The dialog is recognized by when it opens,
 * while the kernel is restarted by its server, and by the notebook that it
 * names, in any language.
 */
export class DeathDialog implements IDisposable {
  constructor(private readonly _panel: Pick<NotebookPanel, 'sessionContext'>) {
    Dialog.tracker.widgetAdded.connect(this._onDialog, this);
    _panel.sessionContext.statusChanged.connect(this._onStatus, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /** Report why the kernel died. */
  explain(sentence: string): void {
    this._sentence = sentence;
    this._write();
  }

  private _onDialog(_: unknown, dialog: Dialog<unknown>): void {
    const { session } = this._panel.sessionContext;
    const text = dialog.node.textContent ?? '';
    if (session?.kernel?.status === 'autorestarting' && text.includes(session.path)) {
      this._dialog = dialog;
      this._write();
    }
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'idle' || status === 'busy') {
      this._sentence = null; // the kernel is alive again: its next death has another reason
    }
  }

  private _write(): void {
    const body = this._dialog?.node.querySelector('.jp-Dialog-body');
    if (this._sentence === null || !this._dialog || !body) {
      return;
    }
    const reason = document.createElement('p');
    reason.className = 'cg-Death';
    reason.textContent = this._sentence;
    body.append(reason);
    const { node } = this._dialog;
    node.setAttribute('aria-label', `${node.getAttribute('aria-label') ?? ''} ${this._sentence}`);
    [this._dialog, this._sentence] = [null, null];
  }

  private _dialog: Dialog<unknown> | null = null;
  private _sentence: string | null = null;
  private _isDisposed = false;
}
