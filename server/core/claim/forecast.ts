import type { Forecast } from '../../protocol/prediction';
import { changeRoom, leaseIn, leaveRoom, neededFor, roomOf, type Room } from '../queue/room';
import { usualRunMs } from '../learn/predict';
import { admissionOrder } from '../queue/order';
import { LOOKED_AT_MAX } from '../queue/reserve';
import type { ClaimEntry, RunningEntry, WaitingEntry } from '../entries';
import type { State } from '../state';

/**
 * How long a claim runs, from its start; null if not known well enough to be shown.
 *
 * #### Notes
 * The queue is planned with less certain figures: there a guess is better than none
 * (`predictedRunMs`), but people rely on a figure that they see. Past runs take
 * precedence over what the author stated, if they agree.
 */
function usualRun(state: State, entry: ClaimEntry): Forecast | null {
  const { timeMs } = entry.claim.ask;
  const stated = timeMs === null ? null : { fromMs: timeMs, toMs: timeMs, runs: 0 };
  return usualRunMs(state.learned, entry.keys) ?? stated;
}

/** The same while it runs: a claim that exceeds the forecast has none any more. */
export function usualOf(state: State, entry: RunningEntry): Forecast | null {
  const usual = usualRun(state, entry);
  return usual && state.nowMs - entry.phase.grantedMs < usual.toMs ? usual : null;
}

/** The number of claims of each queue, from the front, that get a forecast of their start. */
const FORECAST_MAX = 16;

/** The number of queues that are forecast: the resources' and, of those of caps, the first in order. */
const LINES_MAX = 16;

/**
 * When waiting claims will start, from now on, as if each queue were served in
 * order; claims for which that is unknown are omitted.
 */
export function forecastStarts(state: State): ReadonlyMap<ClaimEntry, Forecast> {
  const starts = new Map<ClaimEntry, Forecast>();
  const waiting = undrained(state);
  const lines = [...new Set(waiting.map(it => it.phase.line))];
  for (const line of lines.slice(0, LINES_MAX)) {
    const queue = waiting.filter(it => it.phase.line === line);
    forecastQueue(state, queue.slice(0, FORECAST_MAX), starts);
  }
  return starts;
}

/**
 * When a claim would start that is in no queue yet, if it waited in this line, behind those before it;
 * null if unknown (ADM11).
 */
export function forecastStart(state: State, entry: WaitingEntry, line: string): Forecast | null {
  const order = admissionOrder(state.nowMs);
  const before = undrained(state).filter(it => it.phase.line === line && order(it, entry) < 0);
  const starts = new Map<ClaimEntry, Forecast>();
  before.length < FORECAST_MAX && forecastQueue(state, [...before, entry], starts);
  return starts.get(entry) ?? null;
}

function undrained({ queue }: State): WaitingEntry[] {
  return queue.filter(it => it.phase.reason.kind !== 'drained');
}

/** Something that ends; null if unknown when. */
type End = { readonly in: Forecast | null; leave(room: Room): void };

function forecastQueue(
  state: State,
  queue: readonly WaitingEntry[],
  starts: Map<ClaimEntry, Forecast>
): void {
  if (queue.length === 0) {
    return;
  }
  const room = roomOf(state);
  const ends = endsOf(state);
  let start: Forecast | null = { fromMs: 0, toMs: 0, runs: 0 };
  for (const entry of queue) {
    let lease = leaseIn(state, room, entry);
    while (!lease && ends.length) {
      const end = ends.shift()!;
      start = start && end.in && laterOf(start, end.in);
      end.leave(room);
      lease = leaseIn(state, room, entry);
    }
    if (!lease || !start) {
      return; // nor can the start of those behind it be predicted
    }
    start.toMs > 0 && starts.set(entry, start);
    const taken = lease;
    const amounts = neededFor(entry, taken);
    changeRoom(room, taken, amounts, 1);
    const leave = (it: Room): void => changeRoom(it, taken, amounts, -1);
    ends.push({ in: afterIt(start, usualRun(state, entry)), leave });
    ends.sort(bySoonest);
  }
}

/** Running claims that hold something that queues, the soonest to end first. */
function endsOf(state: State): End[] {
  return [...(state.accounts.isOn ? state.running : state.leasing)]
    .slice(0, LOOKED_AT_MAX)
    .map(entry => ({
      in: remaining(usualOf(state, entry), state.nowMs - entry.phase.grantedMs),
      leave: (room: Room): void => leaveRoom(room, entry)
    }))
    .sort(bySoonest);
}

function bySoonest(a: End, b: End): number {
  return (a.in?.toMs ?? Number.MAX_VALUE) - (b.in?.toMs ?? Number.MAX_VALUE);
}

function remaining(usual: Forecast | null, ranMs: number): Forecast | null {
  return (
    usual && {
      fromMs: Math.max(0, usual.fromMs - ranMs),
      toMs: usual.toMs - ranMs,
      runs: usual.runs
    }
  );
}

/** When both are over: determined by the later one. */
function laterOf(a: Forecast, b: Forecast): Forecast {
  const { runs } = a.toMs > b.toMs ? a : b;
  return { fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.max(a.toMs, b.toMs), runs };
}

function afterIt(start: Forecast, run: Forecast | null): Forecast | null {
  return run && { fromMs: start.fromMs + run.fromMs, toMs: start.toMs + run.toMs, runs: run.runs };
}
