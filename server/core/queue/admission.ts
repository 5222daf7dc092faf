import type { Ask } from '../../protocol/ask';
import type { Detail } from '../../protocol/details';
import { refusal, type Refusal } from '../../protocol/errors';
import type { NodeFacts } from '../events';
import { capObstacle } from '../cap/caps';
import { exclusiveCount } from '../cpu/cpuCounts';
import { cpuObstacle, placeCpus } from '../cpu/cpus';
import { keptInPool } from '../cpu/cpuPool';
import { gpuNames, matchingGpus, planGpus, usableTogether } from '../gpu/gpus';
import { memoryOf } from '../learn/expected';
import { memoryObstacle } from '../memory/memory';
import type { Obstacle } from './obstacle';
import { grantableBytes } from '../memory/promisable';
import type { ClaimEntry, HolderEntry, Lease } from '../entries';
import type { State } from '../state';
import { amountInWords, bytesAtMost } from '../../protocol/amounts';

function impossible(path: string, asked: Detail, total: Detail): Refusal {
  return refusal('IMPOSSIBLE', { path, asked, total });
}

/** What cells can be granted, and how that follows from the panel's figures. */
function grantableOf(node: NodeFacts): Detail {
  const { memoryBytes, memoryReserveBytes } = node;
  const bytes = grantableBytes(node);
  return { kind: 'grantable', bytes, ofBytes: memoryBytes, reserveBytes: memoryReserveBytes };
}

function impossibleCpus(node: NodeFacts, ask: Ask): Refusal | null {
  const total = node.cpus.length;
  const least =
    ask.cpus.kind === 'range' ? ask.cpus.min : ask.cpus.kind === 'fixed' ? ask.cpus.n : 0;
  if (least > total) {
    return impossible('cpus', least, total);
  }
  const lendable = total - keptInPool(total);
  if (ask.exclusive && exclusiveCount(ask) > lendable) {
    const asked = { kind: 'exclusive', count: exclusiveCount(ask) } as const;
    return impossible('exclusive', asked, { kind: 'lendable', count: lendable, of: total });
  }
  return null;
}

function impossibleGpus(node: NodeFacts, ask: Ask): Refusal | null {
  if (ask.gpus === 0) {
    return null;
  }
  const together = usableTogether(node.gpus, ask.gpus).length;
  if (ask.gpus > together) {
    const isPart = together < node.gpus.length;
    return impossible('gpus', ask.gpus, isPart ? { kind: 'together', count: together } : together);
  }
  const ofModel = matchingGpus(node.gpus, { ...ask, gpuMemoryBytes: null });
  if (ask.gpus > ofModel.length) {
    return impossible('gpuModel', ask.gpuModel ?? '', { kind: 'ofModel', count: ofModel.length });
  }
  if (ask.gpus > matchingGpus(node.gpus, ask).length) {
    const most = Math.max(...ofModel.map(gpu => gpu.memoryBytes));
    return impossible('gpuMemory', amountInWords(ask.gpuMemoryBytes ?? 0), bytesAtMost(most));
  }
  return null;
}

/**
 * GPU2: an ask that can never be granted to its holder before a restart, because of the GPUs it is bound to.
 *
 * #### Notes
 * It is granted the first of those that it is bound to (place/gpus.ts), so these must match the ask.
 */
function againstBinding(node: NodeFacts, holder: HolderEntry, ask: Ask): Refusal | null {
  if (ask.gpus === 0 || holder.boundGpus.length === 0) {
    return null;
  }
  const first = holder.boundGpus.slice(0, ask.gpus);
  const bound = node.gpus.filter(gpu => first.includes(gpu.uuid));
  return ask.gpus > matchingGpus(bound, ask).length
    ? refusal('BOUND', {
        asked: ask.gpus,
        bound: { kind: 'numbered', gpus: gpuNames(node.gpus, holder.boundGpus) }
      })
    : null;
}

/** ADM3: why this node can never satisfy an ask, or null. */
export function impossibleAsk(node: NodeFacts, holder: HolderEntry, ask: Ask): Refusal | null {
  const bytes = grantableBytes(node);
  if (ask.memoryBytes !== null && ask.memoryBytes > bytes) {
    return impossible('memory', amountInWords(ask.memoryBytes), grantableOf(node));
  }
  return (
    impossibleCpus(node, ask) ?? impossibleGpus(node, ask) ?? againstBinding(node, holder, ask)
  );
}

/** Everything that a claim needs, or why it is not available now. */
export type Plan = { readonly lease: Lease } | { readonly obstacle: Obstacle };

/**
 * ADM5: plan a whole grant, or nothing. Changes nothing.
 *
 * #### Notes
 * Caps come first: whoever waits for a cap of its own must not wait for the node, where
 * it would hold a reservation and block others (CAP2).
 */
export function planGrant(state: State, entry: ClaimEntry): Plan {
  const { holder } = entry;
  const { ask } = entry.claim;
  const capped = capObstacle(entry);
  if (capped) {
    return { obstacle: capped };
  }
  const gpuPlan = planGpus(state, holder, ask);
  if ('obstacle' in gpuPlan) {
    return gpuPlan;
  }
  const obstacle = memoryObstacle(state, entry) ?? cpuObstacle(state, entry);
  if (obstacle) {
    return { obstacle };
  }
  const { gpuMemoryBytes } = ask;
  const cpus = placeCpus(state, entry);
  return { lease: { ...cpus, ...memoryOf(entry), gpus: gpuPlan.gpus, gpuMemoryBytes } };
}
