import type { ClaimView, Snapshot } from '../../server/protocol/view';

/** An idle kernel that keeps GPU memory, and what can be done about it (GPU5). */
export type Keeper = {
  readonly kernelId: string;
  readonly name: string;
  /** GPU memory that it keeps. */
  readonly bytes: number;
  /** Whether it belongs to this server: then the user here may restart it. */
  readonly own: boolean;
  /** When it was last asked to free memory, ms since the epoch; null if never. */
  readonly askedMs: number | null;
  /** The claim that waits for what it keeps; null if it is shown without one. */
  readonly claimId: string | null;
  /** The state of the request to restart it. */
  readonly request: 'none' | 'open' | 'declined';
};

/** The paths of this server's kernels. */
type Paths = ReadonlyMap<string, string>;

/** GPU memory that a kernel holds, on all GPUs, in bytes. */
export function gpuBytesOf({ node }: Snapshot, kernelId: string): number {
  return node.gpus
    .flatMap(gpu => gpu.processes)
    .filter(it => it.holderId === kernelId)
    .reduce((sum, it) => sum + it.memoryBytes, 0);
}

/** A kernel as one that keeps GPU memory; null if it is busy or unknown. */
export function keeperOf(
  snapshot: Snapshot,
  paths: Paths,
  kernelId: string,
  claimId: string | null
): Keeper | null {
  const kernel = snapshot.holders.find(it => it.id === kernelId);
  const bytes = gpuBytesOf(snapshot, kernelId);
  if (!kernel || kernel.state === 'running' || bytes === 0) {
    return null;
  }
  const { restartRequest } = kernel;
  return {
    kernelId,
    name: paths.get(kernelId) ?? kernel.name,
    bytes,
    own: paths.has(kernelId),
    askedMs: kernel.askedToFreeMs,
    claimId,
    request: restartRequest === null ? 'none' : restartRequest.declined ? 'declined' : 'open'
  };
}

/** The kernel that could free GPU memory for a waiting claim; null if there is none. */
export function keeperFor(snapshot: Snapshot, paths: Paths, claim: ClaimView): Keeper | null {
  const blockers = claim.state === 'waiting' ? claim.reason.blockers : [];
  const blocker = blockers.find(it => it.keepsGpuBytes > 0);
  return blocker ? keeperOf(snapshot, paths, blocker.holderId, claim.id) : null;
}
