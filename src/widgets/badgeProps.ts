import type { CodeCell, ICodeCellModel } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ClaimView, Fit } from '../../server/protocol/view';
import { type BadgeMode, badgeOf, placeOf } from '../arbiter/badge';
import type { Keeper } from '../arbiter/keeper';
import type { CellBadgeProps } from '../components/CellBadge';
import type { KeeperCalls } from '../components/KeeperActions';
import { sourcesOf } from '../hints/cellHints';
import { limitsOf } from '../hints/limits';
import { ownProblems, type Sourced } from '../hints/sources';
import type { IArbiter, IDefaults } from '../tokens';

/** What the badges of one notebook depend on. */
export type NotebookBadgesOptions = {
  readonly panel: NotebookPanel;
  readonly arbiter: IArbiter;
  readonly defaults: IDefaults | null;
  readonly trans: TranslationBundle;
  readonly mode: BadgeMode;
  readonly onCancel: (claimId: string) => void;
  /** Edit the hints of a cell. */
  readonly onEdit: (cellId: string) => void;
  readonly onReveal: (kernelId: string) => void;
  /** The documents of the kernels for which `onReveal` has something to show, by kernel. */
  readonly paths: () => ReadonlyMap<string, string>;
  /** The kernel that keeps GPU memory for which a claim waits. */
  readonly keeperFor: (claim: ClaimView) => Keeper | null;
  readonly keepers: KeeperCalls;
};

/** One cell's state when its badge is made. */
export type CellNow = {
  readonly cell: CodeCell;
  readonly mode: BadgeMode;
  readonly kernelId: string | null;
  readonly claim: ClaimView | undefined;
  /** Whether its claim ended before it was cleared. */
  readonly isCleared: boolean;
  /** How it would fare if it ran now; null if unknown. */
  readonly fitOf: (sourced: Sourced) => Fit | null;
};

/** What the badge of a cell shows now; null for no badge. */
export function badgePropsOf(options: NotebookBadgesOptions, now: CellNow): CellBadgeProps | null {
  const { arbiter, defaults, panel, trans } = options;
  const { onCancel, onEdit, onReveal, keeperFor, keepers } = options;
  const { cell, mode, kernelId, claim, isCleared, fitOf } = now;
  const paths = options.paths();
  const sourced = sourcesOf(cell.model, panel.content.model, defaults, arbiter);
  const ask = sourced.own ? sourced.ask : null;
  const isBlank = cell.model.sharedModel.getSource().trim() === '';
  const badge = badgeOf({
    mode,
    claim,
    active: kernelId === null ? [] : arbiter.activeClaims(kernelId),
    busy: isBusy(cell),
    cleared: isCleared,
    ask,
    limits: isBlank ? [] : limitsOf(sourced, claim && !isCleared ? claim.ask : undefined),
    problems: ownProblems(sourced),
    fit: fitOf(sourced),
    lost: lostOf(arbiter),
    nowMs: arbiter.nowMs()
  });
  if (!badge) {
    return null;
  }
  const holder = badge.kind === 'waiting' ? badge.claim.reason.blockers[0]?.holderId : undefined;
  return {
    trans,
    badge,
    place: placeOf(badge, ask),
    paths,
    doubts: sourced.doubts,
    nowMs: arbiter.nowMs(),
    onCancel,
    onEdit: () => onEdit(cell.model.id),
    onReveal: holder !== undefined && paths.has(holder) ? onReveal : null,
    keeper: badge.kind === 'waiting' ? keeperFor(badge.claim) : null,
    keepers
  };
}

/** Why the server does not answer; null if it does. */
export function lostOf({ connection }: IArbiter): string | null {
  return connection.state === 'lost' ? connection.message : null;
}

/** Whether a cell runs, as far as its notebook knows. */
export function isBusy(cell: CodeCell): boolean {
  return (cell.model as ICodeCellModel).executionState === 'running';
}
