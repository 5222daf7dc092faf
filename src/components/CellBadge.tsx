import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { HintDoubt } from '../../server/protocol/doubts';
import type { Badge, BadgePlace } from '../arbiter/badge';
import type { Keeper } from '../arbiter/keeper';
import { formatClock } from '../format';
import { type BadgeTexts, badgeTexts } from './badgeTexts';
import { CancelButton } from './CancelButton';
import { doubtText } from './claimTexts';
import { Glyph } from './Glyph';
import { KeeperActions, type KeeperCalls } from './KeeperActions';

/** The content of a badge, and its callbacks. */
export type CellBadgeProps = {
  readonly trans: TranslationBundle;
  readonly badge: Badge;
  readonly place: BadgePlace;
  /** The documents of this server's kernels, by kernel. */
  readonly paths: ReadonlyMap<string, string>;
  /** What was probably meant as a hint of the cell, but is not one (ADM13). */
  readonly doubts?: readonly HintDoubt[];
  /** The sidecar's clock, in ms since the epoch. */
  readonly nowMs: number;
  readonly onCancel: (claimId: string) => void;
  /** Show the notebook of a kernel; null if this page cannot. */
  readonly onReveal: ((kernelId: string) => void) | null;
  /** Show the editor of the cell's hints. */
  readonly onEdit: () => void;
  /** The kernel that keeps GPU memory for which the cell waits; null if there is none. */
  readonly keeper: Keeper | null;
  readonly keepers: KeeperCalls;
};

/**
 * What a cell requests, waits for, runs with, or used.
 *
 * #### Notes
 * A shape and a word name the state (UI1); the rest are its figures. The state
 * is a live region, its clock is not: it would be read out every second.
 */
export function CellBadge(props: CellBadgeProps): JSX.Element {
  const { trans, badge, place, paths } = props;
  const texts = withDoubts(trans, badgeTexts(trans, badge, paths), props.doubts ?? []);
  return (
    <div
      className="cg-Badge"
      data-state={badge.kind}
      data-place={place}
      data-tall={props.keeper ? '' : undefined}
      role="group"
      aria-label={trans.__('Resources of this cell')}
    >
      {place === 'row' ? (
        <Row {...props} texts={texts} />
      ) : (
        <Chip {...props} texts={{ ...texts, state: texts.short }} title={allOf(texts)} />
      )}
    </div>
  );
}

type PartProps = CellBadgeProps & { readonly texts: BadgeTexts };

/** Probable hints precede the figures, which are of a run that did not request them. */
function withDoubts(
  trans: TranslationBundle,
  texts: BadgeTexts,
  doubts: readonly HintDoubt[]
): BadgeTexts {
  return doubts.length === 0
    ? texts
    : {
        ...texts,
        ...(texts.tone === 'quiet' ? { tone: 'wait', glyph: 'warn' } : {}),
        details: [...doubts.map(doubt => doubtText(trans, doubt)), ...texts.details]
      };
}

function allOf({ state, details }: BadgeTexts): string {
  return lines([state, ...details]);
}

/** Figures side by side; a sentence ends its line. */
function lines(parts: readonly string[]): string {
  return parts.reduce(
    (text, part) => (text ? `${text}${/[.?]$/.test(text) ? '\n' : ' · '}${part}` : part),
    ''
  );
}

/** The state and its actions come first; nothing is truncated, however narrow it is. */
function Row(props: PartProps): JSX.Element {
  const { texts } = props;
  return (
    <>
      <span className="cg-Badge-head">
        <Chip {...props} title={allOf(texts)} />
        <Action {...props} />
        <Holder {...props} />
      </span>
      {props.keeper && (
        <KeeperActions
          trans={props.trans}
          keeper={props.keeper}
          nowMs={props.nowMs}
          calls={props.keepers}
          isNamed
        />
      )}
      <span className="cg-Badge-text">{lines(texts.details)}</span>
    </>
  );
}

function Chip({ texts, nowMs, title }: PartProps & { readonly title: string }): JSX.Element {
  const { tone, glyph, state, sinceMs } = texts;
  return (
    <span className="cg-Chip" data-tone={tone} title={title}>
      <Glyph name={glyph} />
      <span className="cg-Chip-state" role="status" aria-live="polite">
        {state}
      </span>
      {sinceMs !== null && (
        <span className="cg-Clock" aria-hidden="true">
          {formatClock(nowMs - sinceMs)}
        </span>
      )}
    </span>
  );
}

/** Actions for the state. */
function Action({ trans, badge, onCancel, onEdit }: PartProps): JSX.Element | null {
  switch (badge.kind) {
    case 'waiting':
      return <CancelButton trans={trans} onCancel={() => onCancel(badge.claim.id)} />;
    case 'malformed':
    case 'asks':
    case 'running':
    case 'done':
      return <EditButton trans={trans} onEdit={onEdit} />;
    default:
      return null;
  }
}

/** A link to the blocking notebook. */
function Holder({ trans, badge, onReveal }: PartProps): JSX.Element | null {
  const holder = badge.kind === 'waiting' ? badge.claim.reason.blockers[0] : undefined;
  return holder && onReveal ? (
    <button className="cg-Link" onClick={() => onReveal(holder.holderId)}>
      {trans.__('Show holder')}
    </button>
  ) : null;
}

function EditButton({ trans, onEdit }: Pick<CellBadgeProps, 'trans' | 'onEdit'>): JSX.Element {
  return (
    <button className="cg-Link" onClick={onEdit} title={trans.__('Change what this cell asks for')}>
      {trans.__('Edit')}
    </button>
  );
}
