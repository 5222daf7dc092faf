import type { Resource, TierName, TierView } from '../protocol/view';

/** What a cgroup tier needs to enforce everything. */
export const CONTROLLERS = ['cpuset', 'cpu', 'memory'] as const;

const GPU_BY_ENVIRONMENT =
  'CUDA_VISIBLE_DEVICES tells a process which GPUs to use; one that ignores it is seen and flagged, not stopped';

/** What is not enforced of GPUs, where there are some. */
export function gpuGap(hasGpus: boolean): { readonly gpus?: string } {
  return hasGpus ? { gpus: GPU_BY_ENVIRONMENT } : {};
}

/** A tier that enforces everything but the gaps. */
export function describeTier(
  name: TierName,
  reason: string,
  gaps: Partial<Record<Resource, string>>
): TierView {
  const resources = (['cpus', 'memory', 'gpus'] as const).filter(it => it !== 'gpus' || gaps.gpus);
  return {
    name,
    reason,
    enforced: resources.filter(it => gaps[it] === undefined),
    notEnforced: resources.flatMap(resource => {
      const why = gaps[resource];
      return why === undefined ? [] : [{ resource, why }];
    })
  };
}

/** How CPUs are held where there is no cpuset. */
function describeMasks(failure: string | null): string {
  const masks = 'there is no cpuset: CPUs are held by affinity, which a process can undo';
  return failure === null ? masks : `${masks}, and only by the gate (${failure})`;
}

/** A cgroup tier with the controllers that it could get. */
export function cgroupTier(
  name: 'cgroup-v1' | 'cgroup-v2',
  controllers: readonly string[],
  masksFailure: () => string | null,
  hasGpus: boolean,
  better: string
): TierView {
  const missing = CONTROLLERS.filter(it => !controllers.includes(it));
  const version = name === 'cgroup-v2' ? 'version 2' : 'version 1';
  const used = CONTROLLERS.filter(it => controllers.includes(it)).join(', ');
  const parts = [
    `cgroup ${version} is writable with ${used}`,
    missing.length > 0 && `${missing.join(', ')} could not be used`,
    better
  ];
  const reason = `${parts.filter(Boolean).join('; ')}.`;
  const cpus = missing.includes('cpuset') ? describeMasks(masksFailure()) : undefined;
  const memory = missing.includes('memory') ? 'the memory controller is not available' : undefined;
  return describeTier(name, reason, {
    ...(cpus && { cpus }),
    ...(memory && { memory }),
    ...gpuGap(hasGpus)
  });
}
