import { Panel, Widget } from '@lumino/widgets';

import { keepersTo, trans } from '../testing/draw';
import { done, NOW_MS } from '../testing/facts';
import { BadgeWidget } from './badgeWidget';

/** Where a toolbar and the lower edge of an input are drawn, for jsdom draws nothing. */
function drawnAt(node: HTMLElement, box: { top: number; bottom: number; width: number }): void {
  node.getBoundingClientRect = () => box as DOMRect;
}

/** The room that a badge in the corner of an input leaves beside it. */
function roomLeft(inputBottom: number, toolbarWidth = 170): string {
  const cell = new Panel();
  const toolbar = new Widget();
  toolbar.addClass('jp-cell-toolbar');
  const badge = new BadgeWidget({
    trans,
    badge: { kind: 'done', claim: done({}), limits: [], next: null },
    place: 'corner',
    paths: new Map(),
    nowMs: NOW_MS,
    onCancel: () => undefined,
    onReveal: null,
    onEdit: () => undefined,
    keeper: null,
    keepers: keepersTo([])
  });
  cell.addWidget(toolbar);
  cell.addWidget(badge);
  drawnAt(toolbar.node, { top: 0, bottom: 26, width: toolbarWidth });
  drawnAt(badge.node, { top: inputBottom, bottom: inputBottom, width: 600 });
  badge.clearToolbar();
  cell.dispose();
  return badge.node.style.getPropertyValue('--cg-toolbar-width');
}

it.each([
  ['a short cell', 30, 170, '178px'],
  ['a long cell', 200, 170, '0px'],
  ['a toolbar that is hidden', 30, 0, '0px']
])('[UI1] a badge in the corner stands beside the toolbar of %s', (_, bottom, width, room) => {
  expect(roomLeft(bottom, width)).toBe(room);
});
