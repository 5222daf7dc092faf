import { uptime } from 'node:os';

import type { NodeFacts } from '../core/events';
import { commonCpus, type CpuSet } from '../protocol/cpuset';
import type { Grant } from '../protocol/grant';
import type { Log, NewClaim } from './ports';

/** What a gate's word is held against. */
export type Belief = {
  readonly node: NodeFacts;
  /** GPUs that the kernel is known to be bound to (GPU2); none where that is not known. */
  readonly boundGpus: readonly string[];
  readonly nowMs: number;
  readonly log: Log;
};

/**
 * SEC7: a claim as far as what its gate tells of it can be true.
 *
 * #### Notes
 * A sidecar that was restarted knows of running cells what their gates tell. That is no
 * more than this node has, only GPUs that the kernel is bound to or that are here, and
 * nothing older than the machine's start. What is more is cut, and logged.
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

/** How long the machine runs; for ever where it does not tell. */
function machineAgeMs(): number {
  try {
    return uptime() * 1000;
  } catch {
    return Infinity; // a sandbox that shows no such thing
  }
}

/** What of a grant this node can have given. */
function possible(grant: Grant, { node, boundGpus }: Belief): Grant {
  const { cpus, threads, memoryBytes, gpus } = grant;
  // One that it is bound to was granted, also where it does not answer any more (GPU7).
  const given = new Set(boundGpus.length ? boundGpus : node.gpus.map(it => it.uuid));
  return {
    ...grant,
    cpus: cpus && knownCpus(cpus, node),
    threads: threads && Math.min(threads, node.cpus.length),
    memoryBytes: memoryBytes && Math.min(memoryBytes, node.memoryBytes),
    gpus: [...new Set(gpus)].filter(uuid => given.has(uuid))
  };
}

/** Those of a set that this node hands out; null, which is all, where there are none of them. */
function knownCpus(cpus: CpuSet, node: NodeFacts): CpuSet | null {
  const known = commonCpus(
    cpus,
    node.cpus.map(it => it.id)
  );
  return known.length ? known : null;
}
