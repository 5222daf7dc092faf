/** Half-life of remembered use, in ms (FAIR3). */
export const USE_HALF_LIFE_MS = 86_400_000;

const DECAY_PER_MS = Math.LN2 / USE_HALF_LIFE_MS;

/** What one user has used of the node lately: dominant share times seconds, decayed. */
export type UserUse = {
  use: number;
  /** Dominant share being used now, 0 up. */
  rate: number;
  atMs: number;
};

/** A user who has used nothing. */
export function createUserUse(atMs: number): UserUse {
  return { use: 0, rate: 0, atMs };
}

/** The decayed use at a moment: closed form, so that any pace of asking gives the same. */
export function useAt(user: UserUse, atMs: number): number {
  const spanMs = Math.max(0, atMs - user.atMs);
  const kept = Math.exp(-spanMs * DECAY_PER_MS);
  return user.use * kept + (user.rate / 1000) * ((1 - kept) / DECAY_PER_MS);
}

/** Bring the record up to now, then change the rate by a difference. */
export function changeRate(user: UserUse, atMs: number, difference: number): void {
  user.use = useAt(user, atMs);
  user.atMs = Math.max(user.atMs, atMs);
  user.rate = Math.max(0, user.rate + difference);
}
