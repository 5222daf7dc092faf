import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { StatusText } from '../components/StatusText';
import type { IArbiter, IKernelPaths } from '../tokens';

/** The item of the status bar. */
export class StatusItem extends ReactWidget {
  constructor(
    private readonly _arbiter: IArbiter,
    private readonly _kernelPaths: IKernelPaths,
    private readonly _trans: TranslationBundle,
    private readonly _onClick: () => void
  ) {
    super();
    this.addClass('cg-StatusItem');
    _arbiter.changed.connect(() => this.update(), this);
  }

  protected render(): React.ReactElement {
    const { snapshot, connection } = this._arbiter;
    const { paths } = this._kernelPaths;
    const waiting = snapshot?.claims.filter(
      claim => claim.state === 'waiting' && paths.has(claim.holderId)
    );
    return (
      <StatusText
        trans={this._trans}
        connection={connection}
        snapshot={snapshot}
        waiting={waiting?.length ?? 0}
        onClick={this._onClick}
      />
    );
  }
}
