import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CellBadge, type CellBadgeProps } from '../components/CellBadge';

/** The badge of one cell; it holds nothing but what it was last told to show. */
export class BadgeWidget extends ReactWidget {
  constructor(private _props: CellBadgeProps) {
    super();
    this.addClass('cg-BadgeWidget');
  }

  /** What it shows. */
  get props(): CellBadgeProps {
    return this._props;
  }

  /** Show something else. */
  tell(props: CellBadgeProps): void {
    this._props = props;
    this.update();
  }

  protected render(): React.ReactElement {
    return <CellBadge {...this._props} />;
  }
}
