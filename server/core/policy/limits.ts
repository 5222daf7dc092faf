import type { Ask } from '../../protocol/ask';
import { amountInWords } from '../../protocol/amounts';
import type { Detail } from '../../protocol/details';
import { refusal, type Refusal } from '../../protocol/errors';
import { exclusiveCount } from '../cpu/cpuCounts';
import type { HolderEntry } from '../entries';
import type { Limits } from './bounds';
import { pathOf, type ShareNode } from './shareTree';

/** CFG4: which limit of a holder's group, or of one above it, an ask exceeds, or null. */
export function aboveLimit(holder: HolderEntry, ask: Ask): Refusal | null {
  for (let at: ShareNode | null = holder.user; at; at = at.parent) {
    const why = at.kind === 'group' ? aboveOne(at.group.limits, ask, pathOf(at)) : null;
    if (why) {
      return why; // of a node that is no group, its group is the next one up
    }
  }
  return null;
}

function aboveOne(limits: Limits, ask: Ask, group: string): Refusal | null {
  const { memoryBytes, gpus, exclusiveCpus, priority, hold } = limits;
  const over = (path: string, asked: Detail, limit: Detail) =>
    refusal('ABOVE_LIMIT', { path, asked, limit, group });
  if (memoryBytes !== null && (ask.memoryBytes ?? 0) > memoryBytes) {
    return over('memory', amountInWords(ask.memoryBytes ?? 0), amountInWords(memoryBytes));
  }
  if (gpus !== null && ask.gpus > gpus) {
    return over('gpus', ask.gpus, gpus);
  }
  if (exclusiveCpus !== null && ask.exclusive && exclusiveCount(ask) > exclusiveCpus) {
    const asked = { kind: 'exclusive', count: exclusiveCount(ask) } as const;
    return over('exclusive', asked, { kind: 'cpus', count: exclusiveCpus, isExclusive: false });
  }
  if (priority !== null && ask.priority > priority) {
    return over('priority', ask.priority, priority);
  }
  return hold === false && ask.hold
    ? refusal('NOT_ALLOWED', { path: 'hold', asked: 'true', group })
    : null;
}
