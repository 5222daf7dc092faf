/** Half-life of remembered use, in ms (FAIR3). */
const USE_HALF_LIFE_MS = 86_400_000;

const DECAY_PER_MS = Math.LN2 / USE_HALF_LIFE_MS;

/** What a user or group has recently used of the node: dominant share times seconds, decayed. */
export type UseRecord = {
  use: number;
  /** Dominant share being used now: 1 for the whole node. */
  rate: number;
  atMs: number;
};

/** Nothing used. */
export function createUseRecord(atMs: number): UseRecord {
  return { use: 0, rate: 0, atMs };
}

/** The decayed use at a moment: in closed form, so the result does not depend on how often it is computed. */
export function useAt(record: UseRecord, atMs: number): number {
  const spanMs = Math.max(0, atMs - record.atMs);
  if (spanMs === 0) {
    return record.use;
  }
  const kept = Math.exp(-spanMs * DECAY_PER_MS);
  return record.use * kept + (record.rate / 1000) * ((1 - kept) / DECAY_PER_MS);
}

/** Bring the record up to now, then change the rate by a difference. */
function changeRate(record: UseRecord, atMs: number, difference: number): void {
  record.use = useAt(record, atMs);
  record.atMs = Math.max(record.atMs, atMs);
  record.rate = Math.max(0, record.rate + difference);
}

/**
 * Use that everybody is assumed to have: an hour of the whole node. Fairness
 * over days is for heavy users; one heavy cell does not disadvantage its user.
 */
const FLOOR = 3600;

/** How far use may move a user's weight, up and down. */
const SPREAD = 4;

/**
 * FAIR3: how much a user counts among its peers, by recent use: between a
 * quarter and four, in half octaves, so that it rarely changes.
 */
export function weightByUse(use: number, meanUse: number): number {
  const ratio = (meanUse + FLOOR) / (use + FLOOR);
  const steps = Math.round(2 * Math.log2(Math.min(SPREAD, Math.max(1 / SPREAD, ratio))));
  return 2 ** (steps / 2);
}

/** One whose use counts for those above it as well. */
type User = { readonly use: UseRecord; readonly parent: User | null };

/** A user's use changes, and with it that of the groups above. */
export function changeUse(user: User, atMs: number, difference: number): void {
  for (let at: User | null = user; at; at = at.parent) {
    changeRate(at.use, atMs, difference);
  }
}
