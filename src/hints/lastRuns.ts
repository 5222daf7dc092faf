import { Debouncer } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { ExecutionView } from '../../server/protocol/history';
import type { ClaimView } from '../../server/protocol/view';
import type { IHistoryClient } from '../history/client';

/** Who walks through cells stays less long with one, in ms. */
const STAY_MS = 400;

/** How many cells are remembered. */
const CELLS_MAX = 200;

/**
 * The last execution of cells, as it was recorded: claims are forgotten after a while, and with the sidecar.
 *
 * #### Notes
 * Asks only about a cell that stays the active one, and once.
 */
export class LastRuns {
  constructor(private readonly _client: Pick<IHistoryClient, 'executions'>) {}

  /** Emitted when the last run of a cell became known. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The last run of a cell; undefined if there was none, or it is not known yet. */
  of(cellId: string): ClaimView | undefined {
    if (!this._known.has(cellId)) {
      this._wanted = cellId;
      // The last cell that is asked for is the one that is looked at.
      void this._asking.invoke();
    }
    return this._known.get(cellId);
  }

  private async _ask(): Promise<void> {
    const cellId = this._wanted;
    try {
      const { executions } = await this._client.executions({ cellId, last: 1 });
      this._remember(cellId, executions.at(-1));
    } catch {
      this._remember(cellId, undefined); // history is off or away: there is nothing to tell
    }
  }

  private _remember(cellId: string, execution: ExecutionView | undefined): void {
    if (this._known.size >= CELLS_MAX) {
      this._known.clear();
    }
    this._known.set(cellId, execution && claimOf(execution));
    if (execution) {
      this._changed.emit();
    }
  }

  private _wanted = '';
  private readonly _asking = new Debouncer(() => this._ask(), STAY_MS);
  private readonly _known = new Map<string, ClaimView | undefined>();
  private readonly _changed = new Signal<this, void>(this);
}

/** A recorded execution as the claim that it was. */
function claimOf({ claimId, used, row: _, ...its }: ExecutionView): ClaimView {
  return {
    ...its,
    id: claimId,
    state: 'done',
    why: null,
    cpuSeconds: used?.cpuSeconds ?? null,
    memoryPeakBytes: used?.memoryPeakBytes ?? null
  };
}
