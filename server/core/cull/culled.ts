import type { CullView } from '../../protocol/cull';
import type { HolderEntry } from '../entries';
import { pathOf } from '../policy/shareTree';
import type { State } from '../state';
import { rulesFor } from './rulesFor';

/** How many culled kernels are remembered, for their notebooks. */
const CULLED_MAX = 50;

/** A kernel is gone: if it was being shut down for idleness, its notebook will be told (CULL7). */
export function leaveWatch(state: State, holder: HolderEntry): void {
  const watch = state.cull?.watches.get(holder);
  state.cull?.watches.delete(holder);
  if (watch?.phase.kind !== 'begun') {
    return;
  }
  const { id, name, owner, notebook = null } = holder.holder;
  const kernel = {
    holderId: id,
    holderName: name,
    owner,
    notebook,
    atMs: state.nowMs,
    usedMs: watch.usedMs,
    memoryBytes: holder.use?.memoryBytes ?? null,
    gpuMemoryBytes: gpuBytesOf(holder)
  };
  state.culled.push(kernel);
  state.culled.splice(0, state.culled.length - CULLED_MAX);
  const group = pathOf(holder.user.parent ?? holder.user);
  state.messages.push({ type: 'culled', kernel, group });
}

function gpuBytesOf({ use }: HolderEntry): number | null {
  const bytes = Object.values(use?.gpuMemoryBytes ?? {});
  return bytes.length ? bytes.reduce((sum, it) => sum + it, 0) : null;
}

/** What a holder's owner is shown of its shutdown; nothing if none is near. */
export function viewCull(state: State, holder: HolderEntry): { readonly cull?: CullView } {
  const watch = state.cull?.watches.get(holder);
  if (!watch) {
    return {};
  }
  const { usedMs, keptUntilMs, phase } = watch;
  const { keepMs } = rulesFor(holder.user);
  if (phase.kind !== 'watched') {
    return { cull: { usedMs, atMs: phase.atMs, keptUntilMs: null, keepMs } };
  }
  return keptUntilMs > state.nowMs ? { cull: { usedMs, atMs: null, keptUntilMs, keepMs } } : {};
}
