import { uptime } from 'node:os';

import type { NodeFacts } from '../core/events';
import { commonCpus, type CpuSet } from '../protocol/cpuset';
import type { Grant } from '../protocol/grant';
import type { Log, NewClaim } from './ports';

/** The facts that a gate's report is checked against. */
export type Belief = {
  readonly node: NodeFacts;
  /** GPUs that the kernel is known to be bound to (GPU2); empty if unknown. */
  readonly boundGpus: readonly string[];
  readonly nowMs: number;
  readonly log: Log;
};

/**
 * SEC7: a claim, limited to what can be true of its gate's report.
 *
 * #### Notes
 * A restarted sidecar knows of running cells only what their gates report. That can be
 * no more than this node has, only GPUs that the kernel is bound to or that are present,
 * and nothing older than the boot of the machine. Any excess is cut, and logged.
 */
export function believable(claim: NewClaim, belief: Belief): NewClaim {
  const { nowMs, log } = belief;
  const oldestMs = nowMs - machineAgeMs();
  const since = (ms: number) => Math.min(nowMs, Math.max(ms, oldestMs));
  const { granted, waitingSinceMs } = claim;
  const grant = granted && possible(granted.grant, belief);
  if (granted && JSON.stringify(grant) !== JSON.stringify(granted.grant)) {
    const { id, holderId } = claim.claim;
    log(
      'warning',
      `kernel ${holderId} reports a grant of ${id} beyond this node, which was reduced`
    );
  }
  return {
    ...claim,
    granted: granted && grant && { grant, sinceMs: since(granted.sinceMs) },
    waitingSinceMs: waitingSinceMs === null ? null : since(waitingSinceMs)
  };
}

/** The machine's uptime in ms; infinite where it cannot be read. */
function machineAgeMs(): number {
  try {
    return uptime() * 1000;
  } catch {
    return Infinity; // a sandbox that hides the uptime
  }
}

/** The part of a grant that this node can have given. */
function possible(grant: Grant, { node, boundGpus }: Belief): Grant {
  const { cpus, threads, memoryBytes, gpus } = grant;
  // A GPU that it is bound to was granted, even if the GPU no longer responds (GPU7).
  const given = new Set(boundGpus.length ? boundGpus : node.gpus.map(it => it.uuid));
  return {
    ...grant,
    cpus: cpus && knownCpus(cpus, node),
    threads: threads && Math.min(threads, node.cpus.length),
    memoryBytes: memoryBytes && Math.min(memoryBytes, node.memoryBytes),
    gpus: [...new Set(gpus)].filter(uuid => given.has(uuid))
  };
}

/** The CPUs of a set that this node hands out; null, meaning all, if it hands out none of them. */
function knownCpus(cpus: CpuSet, node: NodeFacts): CpuSet | null {
  const known = commonCpus(
    cpus,
    node.cpus.map(it => it.id)
  );
  return known.length ? known : null;
}
