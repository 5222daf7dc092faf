import * as z from 'zod';

import type { HeldGrant } from '../core/effects';
import { renamed } from '../lib/renamed';
import { namedCpus } from '../protocol/cpuset';
import type { EventBody } from './arbiter';

const amount = z.number().nonnegative();
const text = z.string().nullable();

const ASK = z.object({
  cpus: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('auto') }),
    z.object({ kind: z.literal('fixed'), n: amount }),
    z.object({ kind: z.literal('range'), min: amount, max: amount })
  ]),
  exclusive: z.boolean(),
  memoryBytes: amount.nullable(),
  memoryAuto: z.boolean().default(false),
  gpus: amount,
  gpuMemoryBytes: amount.nullable(),
  gpuModel: text,
  timeMs: amount.nullable(),
  priority: z.number(),
  maxWaitMs: amount.nullable(),
  hold: z.boolean()
});

const CLAIM = z.object({
  id: z.string(),
  holderId: z.string(),
  outerId: text,
  cellId: text,
  label: text,
  sourceHash: text,
  ask: ASK
});

const GRANT = z.object({
  cpus: z.string().transform(namedCpus).pipe(z.array(amount).min(1)).nullable(),
  threads: amount.nullable(),
  memoryBytes: amount.nullable(),
  gpus: z.array(z.string())
});

/** A claim as the previous version wrote it. */
const FORMER = [['parentId', 'outerId']] as const;

/** What a holder keeps across cells, as stored on disk; unreadable data counts as nothing. */
export const KEPT = z
  .object({ claim: z.preprocess(it => renamed(it, FORMER), CLAIM), grant: GRANT, sinceMs: amount })
  .nullable()
  .default(null)
  .catch(null);

/**
 * ADM9: let a holder keep what it kept under the previous sidecar: the cell that left it is
 * recorded as one that ran, and has ended.
 */
export function restoreHolds(post: (event: EventBody) => void, kept: HeldGrant): void {
  const { claim, grant, sinceMs } = kept;
  post({ type: 'claimArrived', claim, granted: { grant, sinceMs }, waitingSinceMs: null });
  const ended = { outcome: 'ok', cpuSeconds: null, endedMs: sinceMs } as const;
  post({ type: 'claimEnded', claimId: claim.id, ...ended });
}
