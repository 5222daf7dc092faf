import type { Fencing } from './fence/fencing';
import type { Resource } from '../protocol/facts';
import type { TierName, TierView } from '../protocol/view';

/** What a cgroup tier needs to enforce everything. */
export const CONTROLLERS = ['cpuset', 'cpu', 'memory'] as const;

const GPU_BY_ENVIRONMENT =
  'CUDA_VISIBLE_DEVICES tells a process which GPUs to use; one that ignores it is seen and flagged, not stopped';

const FENCED =
  'a kernel with a gate can open only GPUs that its cells were granted since it started';

/** How a tier restricts GPUs, if there are any. */
export type GpuFencing = Omit<Fencing, 'fence'>;

/** What is not enforced for GPUs, if there are any. */
function gpuGap({ hasGpus, isFenced, why }: GpuFencing): { readonly gpus?: string } {
  const cannot = why === null ? '' : `; they cannot be fenced here: ${why}`;
  return hasGpus && !isFenced ? { gpus: GPU_BY_ENVIRONMENT + cannot } : {};
}

/** A tier that enforces everything except the gaps. */
export function describeTier(
  name: TierName,
  reason: string,
  gpus: GpuFencing,
  others: Partial<Record<'cpus' | 'memory', string>>
): TierView {
  const gaps: Partial<Record<Resource, string>> = { ...others, ...gpuGap(gpus) };
  const all: readonly Resource[] = ['cpus', 'memory', 'gpus'];
  const resources = all.filter(it => it !== 'gpus' || gpus.hasGpus);
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

/** How CPUs are pinned if there is no cpuset. */
function describeMasks(failure: string | null): string {
  const masks = 'there is no cpuset: CPUs are held by affinity, which a process can undo';
  return failure === null ? masks : `${masks}, and only by the gate (${failure})`;
}

/** A cgroup tier with the controllers that it could get. */
export function cgroupTier(
  name: 'cgroup-v1' | 'cgroup-v2',
  controllers: readonly string[],
  masksFailure: () => string | null,
  gpus: GpuFencing,
  better: string
): TierView {
  const missing = CONTROLLERS.filter(it => !controllers.includes(it));
  const version = name === 'cgroup-v2' ? 'version 2' : 'version 1';
  const used = CONTROLLERS.filter(it => controllers.includes(it)).join(', ');
  const parts = [
    `cgroup ${version} is writable with ${used}`,
    missing.length > 0 && `${missing.join(', ')} could not be used`,
    gpus.isFenced && FENCED,
    better
  ];
  const reason = `${parts.filter(Boolean).join('; ')}.`;
  const cpus = missing.includes('cpuset') ? describeMasks(masksFailure()) : undefined;
  const memory = missing.includes('memory') ? 'the memory controller is not available' : undefined;
  return describeTier(name, reason, gpus, {
    ...(cpus && { cpus }),
    ...(memory && { memory })
  });
}
