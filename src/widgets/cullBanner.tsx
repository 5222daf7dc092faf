import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import * as React from 'react';

import { culledOf } from '../arbiter/culled';
import { CullCountdown } from '../components/CullCountdown';
import { CulledNotice } from '../components/CulledNotice';
import type { IArbiter, IKernelPaths } from '../tokens';

/** What {@link CullBanner} depends on. */
export type CullBannerOptions = {
  readonly panel: Pick<NotebookPanel, 'sessionContext' | 'contentHeader' | 'disposed'>;
  readonly arbiter: IArbiter;
  readonly kernelPaths: IKernelPaths;
  readonly trans: TranslationBundle;
  readonly onKeep: (kernelId: string) => void;
};

/** How often the clock is redrawn, in ms. */
const TICK_MS = 1000;

/**
 * Tells a notebook that its kernel is idle and will be shut down (CULL4), or that it was (CULL7).
 *
 * #### Notes
 * Above the cells, where it takes the focus from nobody. There is no widget and no timer while there
 * is nothing to tell.
 */
export class CullBanner implements IDisposable {
  constructor(private readonly _options: CullBannerOptions) {
    const { arbiter, panel } = _options;
    arbiter.changed.connect(this._refresh, this);
    panel.sessionContext.kernelChanged.connect(this._refresh, this);
    panel.disposed.connect(this.dispose, this);
    this._refresh();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._clear();
    Signal.clearData(this);
  }

  private _refresh(): void {
    const shown = this._shown();
    if (shown === null) {
      this._clear();
    } else if (this._widget === null) {
      this._widget = new Banner(shown);
      this._options.panel.contentHeader.addWidget(this._widget);
      this._timer = window.setInterval(() => this._refresh(), TICK_MS);
    } else {
      this._widget.tell(shown);
    }
  }

  private _clear(): void {
    window.clearInterval(this._timer);
    this._widget?.dispose();
    this._widget = null;
  }

  private _shown(): JSX.Element | null {
    const { arbiter, kernelPaths, panel, trans, onKeep } = this._options;
    const { snapshot } = arbiter;
    const kernelId = panel.sessionContext.session?.kernel?.id ?? null;
    const kernel = snapshot?.holders.find(it => it.id === kernelId);
    const nowMs = arbiter.nowMs();
    if (kernel?.cull && kernel.cull.atMs !== null && kernel.state !== 'running') {
      const { paths } = kernelPaths;
      return <CullCountdown {...{ trans, nowMs, kernel, paths, onKeep }} />;
    }
    const culled = snapshot && culledOf(snapshot, panel.sessionContext.path, kernelId);
    if (!culled || this._dismissed.has(culled.holderId)) {
      return null;
    }
    const onStart = kernelId === null ? () => void panel.sessionContext.startKernel() : null;
    const onDismiss = (): void => {
      this._dismissed.add(culled.holderId);
      this._refresh();
    };
    return <CulledNotice {...{ trans, culled, nowMs, onStart, onDismiss }} />;
  }

  private readonly _dismissed = new Set<string>();
  private _widget: Banner | null = null;
  private _timer = 0;
  private _isDisposed = false;
}

/**
 * Shows what it was last given.
 *
 * #### Notes
 * Lumino gives a widget in a box its minimum height in pixels, so that has to follow what is drawn
 * and how it is wrapped.
 */
class Banner extends ReactWidget {
  constructor(private _element: JSX.Element) {
    super();
    this.addClass('cg-CullBanner');
  }

  tell(element: JSX.Element): void {
    this._element = element;
    this.update();
  }

  protected render(): JSX.Element {
    return <div className="cg-CullBanner-content">{this._element}</div>;
  }

  protected onUpdateRequest(msg: Message): void {
    super.onUpdateRequest(msg);
    void this.renderPromise?.then(() => this._fit());
  }

  protected onResize(msg: Widget.ResizeMessage): void {
    super.onResize(msg);
    this._fit();
  }

  private _fit(): void {
    const content = this.node.firstElementChild as HTMLElement | null;
    const minHeight = `${content?.offsetHeight ?? 0}px`;
    if (this.node.style.minHeight !== minHeight) {
      this.node.style.minHeight = minHeight;
      this.parent?.fit();
    }
  }
}
