import type { CulledView } from '../../server/protocol/cull';
import type { Snapshot } from '../../server/protocol/view';

/**
 * The kernel that a notebook had, if it was shut down because it was idle and the notebook has run
 * nothing since (CULL7); null if not.
 *
 * #### Notes
 * `path` is relative to the root of this server, while the sidecar knows whole paths.
 */
export function culledOf(
  { culled = [], claims }: Snapshot,
  path: string,
  kernelId: string | null
): CulledView | null {
  const isOfPath = (it: CulledView) => it.notebook === path || it.notebook?.endsWith(`/${path}`);
  const last = [...culled].reverse().find(isOfPath);
  const hasRunSince = claims.some(it => it.holderId === kernelId);
  return last && last.holderId !== kernelId && !hasRunSince ? last : null;
}
