import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { type Message, MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import * as React from 'react';

import type { KeeperCalls } from '../components/KeeperActions';
import { Panel } from '../components/Panel';
import { Section } from '../components/Section';
import type { IArbiter, IDefaults, IKernelPaths } from '../tokens';
import type { CellHints } from '../hints/cellHints';
import { hintsEditor } from './hintsTool';
import { KernelMarks } from '../arbiter/kernelMarks';

/** What the panel depends on. */
export type ResourcesPanelOptions = {
  readonly arbiter: IArbiter;
  readonly defaults: IDefaults | null;
  /** Null if no notebook can be open. */
  readonly hints: CellHints | null;
  readonly kernelPaths: IKernelPaths;
  readonly trans: TranslationBundle;
  readonly onCancel: (claimId: string) => void;
  readonly onMoveUp: (claimId: string) => void;
  readonly keepers: KeeperCalls;
  /** Show the past in the main area. */
  readonly onHistory: () => void;
};

/** How often clocks are redrawn while a claim is active, in ms. */
const TICK_MS = 1000;

/**
 * The side panel.
 *
 * #### Notes
 * One scrolling column rather than an accordion: important facts are compared at a
 * glance. The active cell stays visible below it, however long it is. Drawn only
 * while it is visible.
 */
export class ResourcesPanel extends ReactWidget {
  constructor(private readonly _options: ResourcesPanelOptions) {
    super();
    this.addClass('cg-ResourcesPanel');
    this.node.tabIndex = -1;
    const { arbiter, defaults, hints, kernelPaths, trans } = _options;
    for (const signal of [arbiter.changed, defaults?.changed, kernelPaths.changed]) {
      signal?.connect(this._onChanged, this);
    }
    this._thisCell = hints && (
      <Section title={trans.__('This cell')}>{hintsEditor(hints, kernelPaths, trans)}</Section>
    );
  }

  dispose(): void {
    window.clearInterval(this._timer);
    super.dispose();
  }

  /** Move the focus to the first hint of the active cell, once that is drawn. */
  async focusHints(): Promise<void> {
    MessageLoop.sendMessage(this, Widget.Msg.UpdateRequest);
    await this.renderPromise;
    const input = this.node.querySelector<HTMLElement>('.cg-ThisCell .cg-Input');
    const section = input?.closest('details');
    section && (section.open = true);
    input?.scrollIntoView({ block: 'center' });
    (input ?? this.node).focus();
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.update();
    this._timer = window.setInterval(() => this._onTick(), TICK_MS);
  }

  protected onAfterHide(msg: Message): void {
    window.clearInterval(this._timer);
    super.onAfterHide(msg);
  }

  protected onActivateRequest(): void {
    this.node.focus();
  }

  protected render(): React.ReactElement {
    const { arbiter, defaults, kernelPaths, trans, onCancel, onMoveUp, keepers, onHistory } =
      this._options;
    const { snapshot, connection, history } = arbiter;
    return (
      <Panel
        trans={trans}
        connection={connection}
        snapshot={snapshot}
        history={history}
        problems={defaults?.problems ?? []}
        nowMs={arbiter.nowMs()}
        marks={this._marks.of(snapshot?.holders.map(kernel => kernel.id) ?? [])}
        paths={kernelPaths.paths}
        onCancel={onCancel}
        onMoveUp={onMoveUp}
        onReveal={kernelId => void this._reveal(kernelId)}
        keepers={keepers}
        onHistory={onHistory}
        thisCell={this._thisCell}
      />
    );
  }

  private _onChanged(): void {
    if (this.isVisible) {
      this.update();
    }
  }

  private _onTick(): void {
    const { claims, holders } = this._options.arbiter.snapshot ?? { claims: [], holders: [] };
    if (claims.some(claim => claim.state !== 'done') || holders.some(it => it.cull)) {
      this._onChanged();
    }
  }

  private async _reveal(kernelId: string): Promise<void> {
    const { arbiter, kernelPaths } = this._options;
    await kernelPaths.reveal(kernelId, arbiter.activeClaims(kernelId)[0]?.cellId ?? null);
  }

  private readonly _marks = new KernelMarks();
  private readonly _thisCell: React.ReactNode;
  private _timer = 0;
}
