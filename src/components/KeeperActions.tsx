import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Keeper } from '../arbiter/keeper';
import { baseName, formatBytes } from '../format';

/** What a person may do about resources kept between cells (ADM9, GPU5, CULL4). */
export type KeeperCalls = {
  /** Ask a kernel to free what it can. */
  readonly onFree: (kernelId: string) => void;
  /** Ask whether a kernel of this server may be restarted, then do it. */
  readonly onRestart: (kernelId: string) => void;
  /** Ask the owner of a kernel elsewhere to restart it. */
  readonly onRequest: (kernelId: string, claimId: string) => void;
  /** Decline such a request. */
  readonly onDecline: (kernelId: string) => void;
  /** Release the grant that a kernel of this server keeps for its next cell. */
  readonly onRelease: (kernelId: string) => void;
  /** Keep an idle kernel of this server that would be shut down (CULL4). */
  readonly onKeep: (kernelId: string) => void;
  /** Ask whether a kernel of this server may be shut down, then do it. */
  readonly onShutDown: (kernelId: string) => void;
};

type KeeperActionsProps = {
  readonly trans: TranslationBundle;
  readonly keeper: Keeper;
  readonly nowMs: number;
  readonly calls: KeeperCalls;
  /** Show the kernel's name, if nothing beside it does. */
  readonly isNamed?: boolean;
};

/** How long it may take until what a kernel freed has been measured, in ms. */
const ANSWER_MS = 5000;

/**
 * The ladder of GPU5, one rung at a time: ask to free; if that did not help,
 * restart one's own kernel, or ask the owner of another.
 */
export function KeeperActions(props: KeeperActionsProps): JSX.Element {
  const { trans, keeper, nowMs, calls, isNamed = false } = props;
  const name = baseName(keeper.name);
  const askedAgoMs = keeper.askedMs === null ? null : Math.max(0, nowMs - keeper.askedMs);
  const isOpen = askedAgoMs !== null && askedAgoMs < ANSWER_MS;
  const hasFailed = askedAgoMs !== null && !isOpen;
  return (
    <span className="cg-Keeper" role="group" aria-label={trans.__('GPU memory kept by %1', name)}>
      <span role="status">
        {[isNamed ? name : '', stateText(props, isOpen, hasFailed)].filter(Boolean).join(' ')}
      </span>
      {!isOpen && (
        <button
          className="cg-Link"
          onClick={() => calls.onFree(keeper.kernelId)}
          title={trans.__('Ask %1 to give idle GPU memory back; its variables stay', name)}
        >
          {hasFailed ? trans.__('Ask again') : trans.__('Ask to free')}
        </button>
      )}
      {hasFailed && <Restart {...props} name={name} />}
    </span>
  );
}

/** The progress of the request; its clock is left out, as it would be read out every second. */
function stateText(props: KeeperActionsProps, isOpen: boolean, hasFailed: boolean): string {
  const { trans, keeper, isNamed } = props;
  const bytes = formatBytes(keeper.bytes);
  if (isOpen) {
    return trans.__('was asked to free %1…', bytes);
  }
  return hasFailed
    ? trans.__('was asked, still keeps %1', bytes)
    : isNamed
      ? trans.__('keeps %1', bytes)
      : '';
}

function Restart(props: {
  readonly trans: TranslationBundle;
  readonly keeper: Keeper;
  readonly name: string;
  readonly calls: KeeperCalls;
}): JSX.Element | null {
  const { trans, keeper, name, calls } = props;
  const { kernelId, claimId } = keeper;
  if (keeper.own) {
    return (
      <button
        className="cg-Button"
        onClick={() => calls.onRestart(kernelId)}
        title={trans.__('Restart the kernel of %1, after a confirmation', name)}
      >
        {trans.__('Restart that kernel…')}
      </button>
    );
  }
  switch (keeper.request) {
    case 'open':
      return <span role="status">{trans.__('its owner was asked to restart it')}</span>;
    case 'declined':
      return <span role="status">{trans.__('its owner keeps it')}</span>;
    case 'none':
      return claimId === null ? null : (
        <button
          className="cg-Button"
          onClick={() => calls.onRequest(kernelId, claimId)}
          title={trans.__('Ask the owner of %1 whether it may be restarted', name)}
        >
          {trans.__('Request restart')}
        </button>
      );
  }
}
