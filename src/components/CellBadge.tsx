import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Badge, ClaimIn } from '../arbiter/badge';
import { askParts, formatBytes, formatClock, formatSpan } from '../format';
import { fitText, grantText, outcomeText, positionText, resourceText } from './claimTexts';
import { Glyph, type GlyphName } from './Glyph';

/** What a badge may ask of its owner. */
export type CellBadgeProps = {
  readonly trans: TranslationBundle;
  readonly badge: Badge;
  /** The sidecar's clock, in ms since the epoch. */
  readonly nowMs: number;
  readonly onCancel: (claimId: string) => void;
  /** Show the notebook of a kernel; null where this page cannot. */
  readonly onReveal: ((kernelId: string) => void) | null;
  /** Show the editor of the cell's hints. */
  readonly onEdit: () => void;
};

/**
 * One line below a cell: what it asks for, waits for, runs with, or used.
 *
 * #### Notes
 * A chip with a shape and a word names the state; the rest are its figures. The
 * state is a live region, its clock is not: it would be read every second.
 */
export function CellBadge(props: CellBadgeProps): JSX.Element {
  const { trans, badge } = props;
  return (
    <div
      className="cg-Badge"
      data-state={badge.kind}
      role="group"
      aria-label={trans.__('Resources of this cell')}
    >
      {content(props)}
    </div>
  );
}

function content(props: CellBadgeProps): JSX.Element {
  const { badge } = props;
  switch (badge.kind) {
    case 'malformed':
      return <Malformed {...props} problems={badge.problems} />;
    case 'asks':
      return <Asks {...props} ask={badge.ask} fit={badge.fit} />;
    case 'waiting':
      return <Waiting {...props} claim={badge.claim} />;
    case 'behind':
      return <Behind {...props} first={badge.first} />;
    case 'running':
      return <Running {...props} claim={badge.claim} />;
    case 'done':
      return <Done {...props} claim={badge.claim} />;
  }
}

type ChipProps = { readonly tone: string; readonly glyph: GlyphName; readonly text: string };

function Chip({ tone, glyph, text }: ChipProps): JSX.Element {
  return (
    <span className="cg-Chip" data-tone={tone} role="status" aria-live="polite">
      <Glyph name={glyph} />
      <span>{text}</span>
    </span>
  );
}

function Malformed({
  trans,
  problems,
  onEdit
}: CellBadgeProps & Pick<Extract<Badge, { kind: 'malformed' }>, 'problems'>): JSX.Element {
  const [first] = problems;
  return (
    <>
      <Chip tone="error" glyph="warn" text={trans.__('malformed hint')} />
      {first && (
        <span className="cg-Badge-text">
          {trans.__(
            '"%1" is %2; expected %3. A run would be refused.',
            first.path,
            first.got,
            first.expected
          )}
        </span>
      )}
      <button className="cg-Link" onClick={onEdit}>
        {trans.__('Edit hints')}
      </button>
    </>
  );
}

function Asks({
  trans,
  ask,
  fit,
  onEdit
}: CellBadgeProps & Pick<Extract<Badge, { kind: 'asks' }>, 'ask' | 'fit'>): JSX.Element {
  const parts = askParts(trans, ask);
  return (
    <>
      <button
        className="cg-Chip"
        data-tone="quiet"
        onClick={onEdit}
        title={trans.__('What this cell asks for. Click to edit.')}
      >
        <Glyph name="ask" />
        <span>{parts.join(' · ') || trans.__('hints')}</span>
      </button>
      {fit && (
        <span className="cg-Badge-text" data-tone={fit.kind === 'never' ? 'error' : undefined}>
          {fitText(trans, fit)}
        </span>
      )}
    </>
  );
}

function Waiting({
  trans,
  claim,
  nowMs,
  onCancel,
  onReveal
}: CellBadgeProps & { readonly claim: ClaimIn<'waiting'> }): JSX.Element {
  const holder = claim.reason.blockers[0];
  const text = trans.__(
    'waiting for %1 · %2',
    resourceText(trans, claim.reason.resource),
    positionText(trans, claim.position)
  );
  return (
    <>
      <Chip tone="wait" glyph="wait" text={text} />
      <span className="cg-Badge-clock" aria-hidden="true">
        {formatClock(nowMs - claim.arrivedMs)}
      </span>
      <span className="cg-Badge-text" title={claim.reason.sentence}>
        {claim.reason.sentence}
        {claim.etaMs !== null && ` · ${trans.__('about %1 left', formatSpan(claim.etaMs))}`}
      </span>
      {holder && onReveal && (
        <button
          className="cg-Link"
          onClick={() => onReveal(holder.kernelId)}
          title={trans.__('Show the notebook that holds it')}
        >
          {trans.__('show holder')}
        </button>
      )}
      <button
        className="cg-Button"
        onClick={() => onCancel(claim.id)}
        title={trans.__('Give this wait up; the cell does not run')}
      >
        {trans.__('Cancel')}
      </button>
    </>
  );
}

function Behind({
  trans,
  first
}: CellBadgeProps & Pick<Extract<Badge, { kind: 'behind' }>, 'first'>): JSX.Element {
  const text = trans.__('behind another cell');
  const which =
    first.state === 'waiting'
      ? trans.__('%1 waits for %2', first.label ?? '', resourceText(trans, first.reason.resource))
      : trans.__('%1 runs', first.label ?? '');
  return (
    <>
      <Chip tone="quiet" glyph="behind" text={text} />
      {first.label && <span className="cg-Badge-text">{which}</span>}
    </>
  );
}

function Running({
  trans,
  claim,
  nowMs
}: CellBadgeProps & { readonly claim: ClaimIn<'running'> }): JSX.Element {
  const parts = [
    claim.cpusBusy === null ? '' : trans.__('%1 CPUs busy', claim.cpusBusy.toFixed(1)),
    claim.memoryBytes === null ? '' : trans.__('%1 in memory', formatBytes(claim.memoryBytes))
  ].filter(part => part !== '');
  return (
    <>
      <Chip tone="run" glyph="run" text={trans.__('running · %1', grantText(trans, claim.grant))} />
      <span className="cg-Badge-clock" aria-hidden="true">
        {formatClock(nowMs - claim.grantedMs)}
      </span>
      <span className="cg-Badge-text">{parts.join(' · ')}</span>
    </>
  );
}

function Done({ trans, claim }: CellBadgeProps & { readonly claim: ClaimIn<'done'> }): JSX.Element {
  const ok = claim.outcome === 'ok';
  const ranMs = claim.grantedMs === null ? null : claim.endedMs - claim.grantedMs;
  const waitedMs = (claim.grantedMs ?? claim.endedMs) - claim.arrivedMs;
  const word = outcomeText(trans, claim.outcome);
  const parts = [
    waitedMs < 50 ? '' : trans.__('waited %1', formatSpan(waitedMs)),
    claim.cpuSeconds === null || !ranMs || ranMs < 200
      ? ''
      : trans.__('%1 CPUs used', ((claim.cpuSeconds * 1000) / ranMs).toFixed(1)),
    claim.memoryPeakBytes === null ? '' : trans.__('peak %1', formatBytes(claim.memoryPeakBytes))
  ].filter(part => part !== '');
  return (
    <>
      <Chip
        tone={ok ? 'done' : 'error'}
        glyph={ok ? 'done' : 'fail'}
        text={ranMs === null ? word : `${word} · ${formatSpan(ranMs)}`}
      />
      <span className="cg-Badge-text" title={claim.message ?? undefined}>
        {[...parts, claim.message ?? ''].filter(part => part !== '').join(' · ')}
      </span>
    </>
  );
}
