import * as React from 'react';

import type { Blocker } from '../../server/protocol/facts';
import { waitInWords } from '../../server/protocol/sentences';
import { holdingInWords } from '../../server/protocol/things';
import type { Snapshot } from '../../server/protocol/view';
import type { ClaimIn } from '../arbiter/badge';
import { keeperOf } from '../arbiter/keeper';
import { speakerOf } from '../arbiter/speaker';
import { askParts, formatAge, formatClock } from '../format';
import { CancelButton } from './CancelButton';
import { startText } from './claimTexts';
import { KeeperActions } from './KeeperActions';
import { KernelName } from './KernelName';
import type { PanelProps } from './panelProps';
import { ReleaseHold } from './ReleaseHold';
import { Section } from './Section';

/** Waiting claims: what they wait for, behind which claim, and for how long. */
export function QueueSection(props: PanelProps & { readonly snapshot: Snapshot }): JSX.Element {
  const { trans } = props;
  const waiting = props.snapshot.claims.filter(
    (claim): claim is ClaimIn<'waiting'> => claim.state === 'waiting'
  );
  return (
    <Section title={trans.__('Queue')} aside={trans.__('%1 waiting', waiting.length)}>
      {waiting.length === 0 ? (
        <p className="cg-Empty">
          {trans.__(
            'Nobody waits. A cell waits here when it asks for memory, a GPU or exclusive CPUs that others hold.'
          )}
        </p>
      ) : (
        <ol className="cg-Queue" aria-live="polite" aria-relevant="additions removals">
          {waiting.map((claim, at) => (
            <QueueItem
              key={claim.id}
              {...props}
              claim={claim}
              hasOwnBefore={waiting.slice(0, at).some(it => isEqual(it, claim))}
            />
          ))}
        </ol>
      )}
    </Section>
  );
}

type QueueItemProps = PanelProps & {
  readonly snapshot: Snapshot;
  readonly claim: ClaimIn<'waiting'>;
  /** Whether another of its user's is before it that it may go before (ADM15). */
  readonly hasOwnBefore: boolean;
};

/** Whether only their arrival tells two claims apart. */
function isEqual(a: ClaimIn<'waiting'>, b: ClaimIn<'waiting'>): boolean {
  return a.owner === b.owner && a.ask.priority === b.ask.priority;
}

function QueueItem(props: QueueItemProps): JSX.Element {
  const { trans, claim, nowMs } = props;
  const own = props.paths.has(claim.holderId);
  const eta = claim.startsIn && startText(trans, claim.startsIn);
  return (
    <li className="cg-QueueItem">
      <div className="cg-QueueItem-head">
        <strong aria-label={trans.__('Position %1', claim.position)}>{claim.position}</strong>
        <KernelName
          {...props}
          kernelId={claim.holderId}
          name={claim.holderName}
          label={claim.label}
          owner={claim.owner}
        />
        <span className="cg-Clock" aria-hidden="true" title={trans.__('Waited so far')}>
          {formatClock(nowMs - claim.arrivedMs)}
        </span>
        {own && props.hasOwnBefore && <MoveUpButton {...props} />}
        {own && <CancelButton trans={trans} onCancel={() => props.onCancel(claim.id)} />}
      </div>
      <div className="cg-Small">
        {[trans.__('asks for %1', askParts(trans, claim.ask).join(' · ')), eta]
          .filter(Boolean)
          .join(' · ')}
      </div>
      <div className="cg-Small">
        {waitInWords(claim.reason, speakerOf(trans, props.paths, claim.holderKind))}
      </div>
      {claim.reason.blockers.map(blocker => (
        <BlockerLine key={`${blocker.holderId} ${blocker.claimId}`} {...props} blocker={blocker} />
      ))}
    </li>
  );
}

function MoveUpButton({ trans, claim, onMoveUp }: QueueItemProps): JSX.Element {
  const name = [claim.holderName, claim.label].filter(Boolean).join(' ');
  return (
    <button
      className="cg-Button"
      onClick={() => onMoveUp(claim.id)}
      aria-label={trans.__('Move %1 up', name)}
      title={trans.__("Let it go before your other waiting cells; nobody else's place changes")}
    >
      {trans.__('Move Up')}
    </button>
  );
}

function BlockerLine(props: QueueItemProps & { readonly blocker: Blocker }): JSX.Element {
  const { trans, snapshot, paths, claim, blocker, nowMs } = props;
  const { holderId, holderName, keepsGpuBytes, claimId } = blocker;
  const holds = holdingInWords(trans, blocker.holds);
  const age = formatAge(nowMs - blocker.sinceMs);
  const kernel = snapshot.holders.find(it => it.id === holderId);
  // Only the owner of the waiting claim is offered the request.
  const keeper =
    keepsGpuBytes > 0 && paths.has(claim.holderId)
      ? keeperOf(snapshot, paths, holderId, claim.id)
      : null;
  return (
    <div className="cg-Small cg-Blocker">
      <KernelName
        {...props}
        kernelId={holderId}
        name={holderName}
        label={blocker.label}
        owner={blocker.owner}
      />
      <span>
        {keepsGpuBytes > 0 || claimId === null
          ? trans.__('keeps %1, idle for %2', holds, age)
          : trans.__('holds %1 for %2', holds, age)}
      </span>
      {keeper && (
        <KeeperActions trans={trans} keeper={keeper} nowMs={nowMs} calls={props.keepers} />
      )}
      {kernel && <ReleaseHold {...props} kernel={kernel} />}
    </div>
  );
}
