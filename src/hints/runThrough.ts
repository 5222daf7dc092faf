import { Debouncer } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { ExecutionView } from '../../server/protocol/history';
import type { IHistoryClient } from '../history/client';

/** What the cells that ran one after another, as by Run All, cost together. */
export type RunThrough = {
  /** At least 2. */
  readonly cells: number;
  readonly waitedMs: number;
  readonly ranMs: number;
  /** Null if no cell was measured. */
  readonly cpuSeconds: number | null;
  readonly memoryPeakBytes: number | null;
};

/** A person who runs cells one by one takes longer between them, in ms. */
const PAUSE_MAX_MS = 1000;

/** How many executions are looked at. */
const LOOKED_AT = 200;

/** The end of a run is followed by that of the next cell, in ms. */
const SETTLE_MS = 400;

/** The last cells of a kernel that ran without a pause, from its executions, oldest first; null for a single one. */
export function runThroughOf(executions: readonly ExecutionView[]): RunThrough | null {
  const first = executions
    .map((it, i) => i === 0 || it.arrivedMs - executions[i - 1]!.endedMs > PAUSE_MAX_MS)
    .lastIndexOf(true);
  const cells = executions.slice(Math.max(0, first));
  return cells.length < 2
    ? null
    : {
        cells: cells.length,
        waitedMs: sum(cells.map(it => (it.grantedMs ?? it.endedMs) - it.arrivedMs)),
        ranMs: sum(cells.map(it => (it.grantedMs === null ? 0 : it.endedMs - it.grantedMs))),
        cpuSeconds: ofKnown(cells, it => it.used?.cpuSeconds, sum),
        memoryPeakBytes: ofKnown(
          cells,
          it => it.used?.memoryPeakBytes,
          it => Math.max(...it)
        )
      };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, it) => total + it, 0);
}

function ofKnown(
  cells: readonly ExecutionView[],
  figureOf: (its: ExecutionView) => number | null | undefined,
  combine: (values: readonly number[]) => number
): number | null {
  const known = cells.flatMap(it => figureOf(it) ?? []);
  return known.length ? combine(known) : null;
}

/** Asks for the last run through the notebook in sight, once after each of its cells has ended. */
export class RunThroughs {
  constructor(private readonly _client: Pick<IHistoryClient, 'executions'>) {}

  /** Emitted after each answer. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The last run of a kernel whose last cell ended at `endedMs`; null if there was none, or it is not known yet. */
  of(kernelId: string, endedMs: number): RunThrough | null {
    const moment = `${kernelId} ${endedMs}`;
    if (moment !== this._moment) {
      this._moment = moment;
      void this._asking.invoke();
    }
    this._known = this._kernelId === kernelId ? this._known : null;
    this._kernelId = kernelId;
    return this._known;
  }

  private async _ask(): Promise<void> {
    const [kernelId, query] = [this._kernelId, { holderId: this._kernelId, last: LOOKED_AT }];
    // History that is off or away tells nothing.
    const page = await this._client.executions(query).catch(() => null);
    if (kernelId === this._kernelId) {
      this._known = page && runThroughOf(page.executions);
      this._changed.emit();
    }
  }

  private _kernelId = '';
  /** What was asked for last. */
  private _moment = '';
  private _known: RunThrough | null = null;
  private readonly _asking = new Debouncer(() => this._ask(), SETTLE_MS);
  private readonly _changed = new Signal<this, void>(this);
}
