import { refusal, type Refusal } from '../../protocol/errors';
import { recallStanding } from '../claim/standing';
import type { HolderEntry } from '../entries';
import type { Event } from '../events';
import type { Sharing } from '../policy/groups';
import type { State } from '../state';
import { reportEveryMs, rulesFor } from './rulesFor';
import { isAtWork } from './use';
import { mostWantedFirst } from './wanted';
import { isAttended, watchOf, type CullBook, type Watch } from './watches';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** So many kernels are shut down at a time: then the order matters (CULL5), and no server is flooded. */
const AT_ONCE_MAX = 4;

/** A shutdown that takes longer than this does not keep others waiting, in ms: its server may never act. */
const AT_ONCE_MS_MAX = 10_000;

/** A server that has not shut a kernel down within this time has failed to, in ms. */
const SHUTDOWN_MS_MAX = 60_000;

/** The configuration in force decides whether any kernel is watched; servers are told. */
export function followCulling(state: State, sharing: Sharing): void {
  const everyMs = reportEveryMs(sharing);
  const before = state.cull;
  if (everyMs === (before?.everyMs ?? null)) {
    return;
  }
  everyMs === null && before?.watches.forEach((watch, holder) => spare(state, holder, watch));
  state.cull = everyMs === null ? null : { watches: before?.watches ?? new Map(), everyMs };
  state.messages.push({ type: 'attend', everyMs });
}

/**
 * Time passed.
 *
 * 1. What is used, kept, or out of reach is not idle.
 * 2. The owners of idle kernels are told.
 * 3. Kernels whose notice is over are shut down, a few at a time, the most wanted first.
 */
export function cullIdle(state: State): void {
  const { cull } = state;
  if (cull) {
    for (const holder of state.holders.values()) {
      holder.holder.kind === 'kernel' && look(state, cull, holder);
    }
    orderDue(state, cull);
  }
}

function look(state: State, cull: CullBook, holder: HolderEntry): Watch {
  const { nowMs } = state;
  const watch = watchOf(cull, holder, nowMs);
  const { phase } = watch;
  const rules = rulesFor(holder.user);
  const isUsed = isAtWork(state, holder, rules.busyRatio);
  watch.usedMs = Math.max(watch.usedMs, isUsed ? nowMs : holder.sinceMs);
  if (phase.kind === 'begun') {
    const hasFailed = holder.running.size > 0 || nowMs - phase.sinceMs > SHUTDOWN_MS_MAX;
    hasFailed && spare(state, holder, watch);
    return watch;
  }
  const isIdle = nowMs >= Math.max(watch.usedMs + rules.idleMs, watch.keptUntilMs);
  if (!isIdle || !isAttended(cull, watch, nowMs)) {
    spare(state, holder, watch);
  } else if (phase.kind === 'watched') {
    watch.phase = { kind: 'warned', atMs: nowMs + rules.noticeMs };
    // Its next cell has to ask, so that none can start while it is shut down.
    state.standing === holder && recallStanding(state);
  }
  return watch;
}

function spare(state: State, holder: HolderEntry, watch: Watch): void {
  const { kind } = watch.phase;
  watch.phase = { kind: 'watched' };
  if (kind === 'ordered' || kind === 'begun') {
    state.messages.push({ type: 'cull', holderId: holder.holder.id, isOrdered: false });
  }
}

function orderDue(state: State, { watches }: CullBook): void {
  const all = Array.from(watches, ([holder, watch]) => ({ holder, watch }));
  const underWay = all.filter(({ watch }) => isUnderWay(watch, state.nowMs));
  const due = all.filter(
    ({ watch: { phase } }) => phase.kind === 'warned' && state.nowMs >= phase.atMs
  );
  const room = Math.max(0, AT_ONCE_MAX - underWay.length);
  for (const { holder, watch } of mostWantedFirst(state, due).slice(0, room)) {
    watch.phase = { kind: 'ordered', atMs: state.nowMs };
    state.messages.push({ type: 'cull', holderId: holder.holder.id, isOrdered: true });
  }
}

/** Whether a kernel is being shut down, and has not been for so long that others must not wait for it. */
function isUnderWay({ phase }: Watch, nowMs: number): boolean {
  switch (phase.kind) {
    case 'ordered':
      return nowMs - phase.atMs <= AT_ONCE_MS_MAX;
    case 'begun':
      return nowMs - phase.sinceMs <= AT_ONCE_MS_MAX;
    default:
      return false;
  }
}

/** A Jupyter server reports on kernels of its own, which it can therefore shut down (CULL2). */
export function onAttended(state: State, { kernels }: Of<'attended'>): void {
  const { cull, nowMs } = state;
  for (const { holderId, usedMs } of cull ? kernels : []) {
    const holder = state.holders.get(holderId);
    if (cull && holder?.holder.kind === 'kernel') {
      const watch = watchOf(cull, holder, nowMs);
      // Nobody was told while its server was out of reach: the notice begins again.
      isAttended(cull, watch, nowMs) || spare(state, holder, watch);
      watch.attendedMs = nowMs;
      watch.usedMs = Math.max(watch.usedMs, Math.min(usedMs, nowMs));
      look(state, cull, holder);
    }
  }
}

/** The owner keeps an idle kernel for as long as the configuration allows (CULL4). */
export function onKeepWanted(state: State, { holderId }: Of<'keepWanted'>): void {
  const { cull, nowMs } = state;
  const holder = state.holders.get(holderId);
  const keepMs = holder ? rulesFor(holder.user).keepMs : 0;
  if (cull && holder && keepMs > 0) {
    const watch = watchOf(cull, holder, nowMs);
    watch.keptUntilMs = nowMs + keepMs;
    watch.phase.kind === 'begun' || look(state, cull, holder);
  }
}

/** A server has found the kernel idle once more, and begins unless something uses it by now (CULL6). */
export function onCullBegun(state: State, { holderId }: Of<'cullBegun'>): void {
  const holder = state.holders.get(holderId);
  if (state.cull && holder?.holder.kind === 'kernel') {
    const watch = look(state, state.cull, holder);
    const { phase } = watch;
    if (phase.kind === 'ordered') {
      watch.phase = { kind: 'begun', atMs: phase.atMs, sinceMs: state.nowMs };
    }
  }
}

/** A server could not shut the kernel down: its owner is told again before the next attempt. */
export function onCullFailed(state: State, { holderId }: Of<'cullFailed'>): void {
  const holder = state.holders.get(holderId);
  const watch = holder && state.cull?.watches.get(holder);
  watch?.phase.kind === 'begun' && spare(state, holder!, watch);
}

/** Whether a kernel is being shut down: then no cell of it starts (CULL6). */
export function isBeingCulled({ cull }: State, holder: HolderEntry): boolean {
  return cull?.watches.get(holder)?.phase.kind === 'begun';
}

/** Why a kernel's cells do not start: it is being shut down; null if it is not. */
export function whyCulled(state: State, holder: HolderEntry): Refusal | null {
  return isBeingCulled(state, holder) ? refusal('SHUTTING_DOWN', {}) : null;
}
