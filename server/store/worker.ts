import { parentPort, workerData } from 'node:worker_threads';

import { Archive } from './archive';
import type { Answer, Order, Place } from './messages';
import { isDamage, moveAside, whyPaused } from './opening';

const place = workerData as Place;
let archive: Archive | null = null;
const notices: string[] = [];

/** Carry out an order; a damaged file is replaced, and the order carried out on the new one. */
function carryOut(order: Order, isAgain = false): Answer {
  const { id, type, of } = order;
  try {
    archive ??= type === 'close' ? null : new Archive(place);
    const value = archive ? archive[type](of as never) : null;
    return { id, value, notices };
  } catch (failure) {
    letGo();
    if (!isAgain && isDamage(failure)) {
      return replaced(failure) ?? carryOut(order, true);
    }
    return failed(id, failure);
  }

  function replaced(failure: unknown): Answer | null {
    try {
      notices.push(moveAside(place, Date.now()));
      return null;
    } catch {
      return failed(id, failure);
    }
  }
}

function failed(id: number, failure: unknown): Answer {
  const why = whyPaused(failure, place);
  const stack = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  return { id, why: why ?? stack, isMistake: why === null, notices };
}

/** After a failure the file is opened again: people may have repaired it, or replaced it. */
function letGo(): void {
  try {
    archive?.close();
  } catch (failure) {
    process.emitWarning(`the history was not closed: ${String(failure)}`);
  }
  archive = null;
}

parentPort?.on('message', (order: Order) => {
  parentPort?.postMessage(carryOut(order));
  order.type === 'close' && parentPort?.close();
});
