import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { Session } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';

import type { IKernelPaths } from '../tokens';

/** The documents of the running sessions. */
export class KernelPaths implements IKernelPaths {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _tracker: INotebookTracker | null
  ) {
    const { sessions } = _app.serviceManager;
    sessions.runningChanged.connect((_, models) => this._read(models));
    this._read([...sessions.running()]);
  }

  get paths(): ReadonlyMap<string, string> {
    return this._paths;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  async reveal(kernelId: string, cellId: string | null = null): Promise<void> {
    const path = this._paths.get(kernelId);
    const open = this._tracker?.find(it => it.sessionContext.session?.kernel?.id === kernelId);
    if (open) {
      this._app.shell.activateById(open.id);
    } else if (path !== undefined) {
      await this._app.commands.execute('docmanager:open', { path });
    }
    const index = open?.content.widgets.findIndex(cell => cell.model.id === cellId) ?? -1;
    if (open && index >= 0) {
      open.content.activeCellIndex = index;
      await open.content.scrollToItem(index, 'smart');
    }
  }

  private _read(models: readonly Session.IModel[]): void {
    this._paths = new Map(
      models.flatMap(({ kernel, path }) => (kernel ? [[kernel.id, path] as const] : []))
    );
    this._changed.emit();
  }

  private _paths: ReadonlyMap<string, string> = new Map();
  private readonly _changed = new Signal<this, void>(this);
}
