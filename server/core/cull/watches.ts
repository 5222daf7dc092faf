import type { HolderEntry } from '../entries';

/** How far the shutdown of an idle kernel has come; `atMs` is when its owner was told that it ends. */
type Phase =
  | { readonly kind: 'watched' }
  | { readonly kind: 'warned'; readonly atMs: number }
  /** Its Jupyter server is asked to shut it down; whatever uses the kernel still prevents it. */
  | { readonly kind: 'ordered'; readonly atMs: number }
  /** The server has looked once more and shuts it down: no cell starts until it is gone. */
  | { readonly kind: 'begun'; readonly atMs: number; readonly sinceMs: number };

/** What is known of the use of one kernel. */
export type Watch = {
  /** When it was last seen in use; when the watch began, if it never was. */
  usedMs: number;
  /** When a Jupyter server that can shut it down last reported on it; null if none has. */
  attendedMs: number | null;
  /** Until when its owner keeps it; 0 if that was never asked. */
  keptUntilMs: number;
  phase: Phase;
};

/** The kernels that may be culled, while the configuration culls any. */
export type CullBook = {
  /** How often Jupyter servers report, in ms. */
  everyMs: number;
  readonly watches: Map<HolderEntry, Watch>;
};

/** The watch of a kernel, which begins now if there was none. */
export function watchOf({ watches }: CullBook, holder: HolderEntry, nowMs: number): Watch {
  const known = watches.get(holder);
  if (known) {
    return known;
  }
  const watch: Watch = {
    usedMs: nowMs,
    attendedMs: null,
    keptUntilMs: 0,
    phase: { kind: 'watched' }
  };
  watches.set(holder, watch);
  return watch;
}

/** A server that missed this many reports, for at least this long, can no longer be reached. */
const REPORTS_MISSED_MAX = 3;
const SILENT_MS_MIN = 5_000;

/** Whether a Jupyter server can shut this kernel down now (CULL2). */
export function isAttended({ everyMs }: CullBook, watch: Watch, nowMs: number): boolean {
  const silentMsMax = Math.max(SILENT_MS_MIN, everyMs * REPORTS_MISSED_MAX);
  return watch.attendedMs !== null && nowMs - watch.attendedMs <= silentMsMax;
}
