import { amountInWords } from '../../server/protocol/amounts';
import type { RefusalCode } from '../../server/protocol/catalogue';
import type { HintName } from '../../server/protocol/hints';
import type { Level, Predicted, Usual } from '../../server/protocol/prediction';
import type { ClaimView } from '../../server/protocol/view';

/** Hints that would have fitted a run, as metadata values. */
export type Suggestion = Readonly<Partial<Record<HintName, string | number>>>;

/** The factor by which a suggestion exceeds what the cell should use. */
const HEADROOM = 1.25;

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** Steps that people write, within one power of ten or of two. */
const ROUND = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128];

/** The smallest round number that is not below `value`. */
function roundUp(value: number): number {
  return ROUND.find(step => step >= value) ?? Math.ceil(value / 64) * 64;
}

function memoryHint(bytes: number): string {
  const asked = bytes * HEADROOM;
  return asked < GIB ? `${Math.ceil(asked / MIB / 64) * 64} MiB` : `${roundUp(asked / GIB)} GiB`;
}

/** Ended by its memory limit: its need is unknown, except that it is higher. */
const LIMITED: readonly RefusalCode[] = ['MEMORY_NEAR_LIMIT', 'KILLED_AT_LIMIT'];

/** The levels that speak of the cell itself. */
const OWN: readonly Level[] = ['source', 'cell'];

/** The factor suggested for a cell that reached its limit. */
const RAISE = 2;

/** Whether a run was ended by its memory limit. */
export function metLimit(claim: ClaimView): boolean {
  return claim.state === 'done' && claim.why !== null && LIMITED.includes(claim.why.code);
}

function timeHint(ms: number): string {
  const asked = (ms * HEADROOM) / 1000;
  if (asked <= 90) {
    return `${Math.ceil(asked / 10) * 10} s`;
  }
  return asked <= 5400 ? `${roundUp(asked / 60)} min` : `${roundUp(asked / 3600)} h`;
}

/**
 * What to request next time, from what the cell usually needs; null if nothing shows it.
 *
 * #### Notes
 * What is predicted of this cell counts, else its last run, unless that failed or was shorter than
 * a second. What is predicted from other cells is no reason to limit this one. Memory and time get
 * a quarter of headroom. After a run that reached its memory limit twice as much is suggested.
 */
export function suggestionOf(claim: ClaimView | undefined, usual: Usual | null): Suggestion | null {
  if (claim && metLimit(claim)) {
    const { memoryBytes } = claim.ask;
    return memoryBytes === null ? null : { memory: amountInWords(memoryBytes * RAISE) };
  }
  const ran = usual?.last?.outcome === 'ok' && usual.last.tookMs >= 1000 ? usual.last : null;
  const cpus = ownAmount(usual?.predicted?.cpus) ?? ran?.cpusPeak ?? null;
  const bytes = ownAmount(usual?.predicted?.memoryBytes) ?? ran?.memoryPeakBytes ?? null;
  const ms = usual?.takes?.toMs ?? ran?.tookMs ?? null;
  const suggestion: Suggestion = {
    ...(cpus === null ? {} : { cpus: Math.max(1, Math.round(cpus)) }),
    ...(bytes === null ? {} : { memory: memoryHint(bytes) }),
    ...(ms === null ? {} : { time: timeHint(ms) })
  };
  return Object.keys(suggestion).length > 0 ? suggestion : null;
}

/** What past runs of the cell itself predict; null if others do. */
function ownAmount(predicted: Predicted | null | undefined): number | null {
  return predicted && OWN.includes(predicted.level) ? predicted.amount : null;
}
