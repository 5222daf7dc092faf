import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { CellBadge, type CellBadgeProps } from '../components/CellBadge';

/** How far a badge in the corner reaches above the lower edge of the input, with some air. */
const CHIP_ABOVE_PX = 14;

/** The badge of one cell; its only state is what it was last given to show. */
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

  /** The toolbar of an active cell would overlap a badge in the corner of a short one. */
  clearToolbar(): void {
    const toolbar = this.parent?.node.querySelector<HTMLElement>('.jp-cell-toolbar');
    const its = toolbar?.getBoundingClientRect();
    const isMet = its && its.bottom > this.node.getBoundingClientRect().top - CHIP_ABOVE_PX;
    const width = isMet && its.width > 0 ? its.width + 8 : 0;
    this.node.style.setProperty('--cg-toolbar-width', `${width}px`);
  }

  protected render(): React.ReactElement {
    return <CellBadge {...this._props} />;
  }
}

/** Whether drawing again would change nothing; clocks always change. */
export function isSame(a: CellBadgeProps, b: CellBadgeProps): boolean {
  const ticks = b.badge.kind === 'waiting' || b.badge.kind === 'running';
  const shown = ({ badge, doubts }: CellBadgeProps): string => JSON.stringify([badge, doubts]);
  return !ticks && a.place === b.place && a.paths === b.paths && shown(a) === shown(b);
}
