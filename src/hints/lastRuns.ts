import { Debouncer } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { ExecutionView } from '../../server/protocol/history';
import type { LastRun } from '../../server/protocol/prediction';
import type { IHistoryClient } from '../history/client';

/** Who walks through cells stays less long with one, in ms. */
const STAY_MS = 400;

/** How many cells are remembered. */
const CELLS_MAX = 200;

/**
 * The last execution of cells, as it was recorded, for those whose kernel does not live: of others the
 * sidecar tells (LEARN6).
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
  of(cellId: string): LastRun | undefined {
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
    this._known.set(cellId, execution && lastRunOf(execution));
    if (execution) {
      this._changed.emit();
    }
  }

  private _wanted = '';
  private readonly _asking = new Debouncer(() => this._ask(), STAY_MS);
  private readonly _known = new Map<string, LastRun | undefined>();
  private readonly _changed = new Signal<this, void>(this);
}

/** A recorded execution as the sidecar would tell of it; undefined if it never ran. */
function lastRunOf({ grantedMs, endedMs, outcome, used }: ExecutionView): LastRun | undefined {
  return grantedMs === null
    ? undefined
    : {
        endedMs,
        outcome,
        tookMs: endedMs - grantedMs,
        cpusPeak: used?.cpusPeak ?? null,
        memoryPeakBytes: used?.memoryPeakBytes ?? null,
        gpuMemoryPeakBytes: used?.gpuMemoryPeakBytes ?? null
      };
}
