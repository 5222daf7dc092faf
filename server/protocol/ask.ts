/**
 * How many CPUs a claim wants.
 *
 * #### Notes
 * `fixed` pins exactly `n` (CPU2). `range` may queue for `min` and is never
 * given more than `max`. `auto` states nothing: the share follows demand (CPU4)
 * and the claim never waits for CPUs (CPU1).
 */
export type CpuAsk =
  | { readonly kind: 'auto' }
  | { readonly kind: 'fixed'; readonly n: number }
  | { readonly kind: 'range'; readonly min: number; readonly max: number };

/**
 * What one claim asks for: hints after parsing and merging (ADM1, ADM2).
 *
 * #### Notes
 * Numbers are finite and within the ranges that `hints.ts` states. `null` means
 * not stated. `memoryBytes` is the most that the whole process tree of the
 * holder may keep while the claim runs, including what it already holds.
 */
export type Ask = {
  readonly cpus: CpuAsk;
  /** Whole CPUs taken out of the shared pool (CPU6); may queue. */
  readonly exclusive: boolean;
  readonly memoryBytes: number | null;
  /** It names no amount, but waits for the memory that its past runs needed (LEARN4); then `memoryBytes` is null. */
  readonly memoryAuto: boolean;
  /** Whole number, 0 for none. */
  readonly gpus: number;
  /** Per GPU. With it, a GPU may be shared by leases that fit (GPU1). */
  readonly gpuMemoryBytes: number | null;
  /** Part of the model's name, compared without case: `h100`. */
  readonly gpuModel: string | null;
  /** The author's estimate of the running time; used for reservations only. */
  readonly timeMs: number | null;
  /** -100 to 100; higher goes first (ADM6). */
  readonly priority: number;
  /** After this long in the queue the claim is refused (ADM8). */
  readonly maxWaitMs: number | null;
  /** Keep the grant after the cell ends (ADM9). */
  readonly hold: boolean;
};

/** The ask of a cell without hints. */
export const NOTHING_ASKED: Ask = {
  cpus: { kind: 'auto' },
  exclusive: false,
  memoryBytes: null,
  memoryAuto: false,
  gpus: 0,
  gpuMemoryBytes: null,
  gpuModel: null,
  timeMs: null,
  priority: 0,
  maxWaitMs: null,
  hold: false
};

/** Whether an ask equals that of a cell without hints. */
export function asksNothing(ask: Ask): boolean {
  return (
    ask.cpus.kind === 'auto' &&
    (Object.keys(NOTHING_ASKED) as (keyof Ask)[]).every(
      field => field === 'cpus' || ask[field] === NOTHING_ASKED[field]
    )
  );
}
