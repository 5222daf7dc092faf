import { amountInWords } from '../../protocol/amounts';
import type { Ask } from '../../protocol/ask';
import type { Detail } from '../../protocol/details';
import { refusal, type Refusal } from '../../protocol/errors';
import type { Wanted, Holding, Need, Reason } from '../../protocol/facts';
import type { Counted } from './counts';
import type { Account, Change, ClaimEntry, HolderEntry } from '../entries';
import { surrounds } from '../holder/trees';
import { blockingOf, leadingOf, type Obstacle } from '../queue/obstacle';
import { inTheWay, type Found } from '../queue/inTheWay';
import { leftOf } from './counting';
import { memoryNeed } from '../memory/memory';
import { exceeding, namedCpus, needsOf } from './needs';

/** What waits for each thing that is capped. */
const AWAITED: { readonly [what in Counted]: Wanted } = {
  kernels: 'cells',
  cells: 'cells',
  memoryBytes: 'memory',
  gpus: 'gpus',
  cpus: 'cpus'
};

/**
 * CAP2: the cap that a claim would exceed now, as an obstacle; null if none.
 *
 * #### Notes
 * What idle kernels keep counts, other than on the node (ADM7): those whose cap it is can shut them down.
 */
export function capObstacle(entry: ClaimEntry): Obstacle | null {
  const over = entry.claim.hasStarted ? null : exceeding(entry);
  if (!over) {
    return null;
  }
  const { account, what } = over;
  const reason = () => cappedReason(entry, over);
  return { resource: AWAITED[what], cap: account, reason };
}

function cappedReason(entry: ClaimEntry, { account, what, amount }: Change): Reason {
  const short = amount - leftOf(account, what);
  const found = inTheWay(othersIn(account, entry.holder, what), short);
  const { blockers, count, rests } = blockingOf(found, (it, isGranted) =>
    holdingOf(what, it, isGranted)
  );
  const cap = { ...account.owner, most: account.most[what] };
  const { ask } = entry.claim;
  return {
    kind: 'capped',
    resource: AWAITED[what],
    need: needOf(entry, ask, what),
    cap,
    ...leadingOf(blockers, count),
    rests
  };
}

function* othersIn(account: Account, self: HolderEntry, what: Counted): Iterable<Found> {
  for (const holder of account.holders) {
    const amount = surrounds(holder, self) && what !== 'cells' ? 0 : holder.counts[what];
    if (amount > 0) {
      yield { holder, amount, isGranted: holder.running.size > 0 || holder.held !== null };
    }
  }
}

function needOf(entry: ClaimEntry, ask: Ask, what: Counted): Need {
  switch (what) {
    case 'memoryBytes':
      return memoryNeed(entry);
    case 'gpus':
      return { kind: 'gpus', count: ask.gpus, eachBytes: ask.gpuMemoryBytes };
    case 'cpus':
      return { kind: 'cpus', count: namedCpus(entry), isExclusive: ask.exclusive };
    default:
      return { kind: 'cells', count: 1 };
  }
}

function holdingOf(what: Counted, amount: number, isGranted: boolean): Holding {
  switch (what) {
    case 'memoryBytes':
      return { kind: 'memory', bytes: amount, isGranted };
    case 'gpus':
      return { kind: 'gpus', count: amount };
    case 'cpus':
      return { kind: 'cpus', count: amount };
    default:
      return { kind: 'cells', count: amount };
  }
}

/** CAP4: why a claim can never run below its caps, because it alone asks for more; or null. */
export function aboveCap(entry: ClaimEntry): Refusal | null {
  if (entry.holder.accounts.length === 0) {
    return null;
  }
  for (const { account, what } of needsOf(entry)) {
    const asked = askedOf(entry, what);
    const most = account.most[what];
    if (asked > most) {
      const path = what === 'memoryBytes' ? 'memory' : what;
      const { group, user } = account.owner;
      const details = { path, asked: inWords(what, asked), most: inWords(what, most) };
      return refusal('ABOVE_CAP', { ...details, whose: { kind: 'capOwner', group, user } });
    }
  }
  return null;
}

function askedOf(entry: ClaimEntry, what: Counted): number {
  const { ask } = entry.claim;
  switch (what) {
    case 'kernels':
      return 0;
    case 'cells':
      return 1;
    case 'memoryBytes':
      return ask.memoryBytes ?? 0;
    case 'gpus':
      return ask.gpus;
    case 'cpus':
      return namedCpus(entry);
  }
}

function inWords(what: Counted, amount: number): Detail {
  return what === 'memoryBytes' ? amountInWords(amount) : amount;
}
