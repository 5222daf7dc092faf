import type { Account, ClaimEntry } from '../core/entries';
import { promisedBytes } from '../core/holder/leases';
import { cappedCpus } from '../core/policy/bounds';
import { userCap } from '../core/policy/capTree';
import { shareOf, type ShareNode } from '../core/policy/shareTree';
import type { State } from '../core/step';
import type { Property } from './properties';

/**
 * CAP2: nothing is granted beyond a cap, but for a claim that ran before, or that takes over what its
 * kernel kept. Only claims that count with all that they ask for are looked at: those of kernels
 * that stand alone and run nothing else.
 */
export const capsHold: Property = ({ state, event, effects }) => {
  const brought = event.type === 'claimArrived' && event.granted ? event.claim.id : null;
  return effects.flatMap(it => {
    const entry = it.type === 'grant' ? state.claims.get(it.claimId) : undefined;
    const { holder } = entry ?? {};
    const isAlone = holder?.parent === null && !holder.children.size && holder.running.size === 1;
    return entry && isAlone && entry.claim.id !== brought
      ? entry.holder.accounts.flatMap(account => beyond(account, entry))
      : [];
  });
};

function beyond({ key, most, used }: Account, { holder, claim, story }: ClaimEntry): string[] {
  const { ask, id } = claim;
  const wasKept = holder.held !== null || story.some(it => it.fact.kind === 'grantedFromKept');
  const promises = promisedBytes(holder) > (holder.use?.memoryBytes ?? 0);
  const over = {
    cells: true,
    memoryBytes: ask.memoryBytes !== null && promises && !wasKept,
    gpus: ask.gpus > 0 && !wasKept,
    cpus: (ask.exclusive || ask.cpus.kind !== 'auto') && !wasKept
  };
  return (Object.keys(over) as (keyof typeof over)[])
    .filter(what => over[what] && used[what] > most[what])
    .map(what => `${id} was granted beyond ${most[what]} ${what} of ${key}: ${used[what]}`);
}

/** CAP6: the cells of a group, and of a user among its members, have no more CPUs together than the cap. */
export const withinCpuCaps: Property = ({ state }) => {
  const total = Math.max(1, state.pool.slots.length);
  const faults: string[] = [];
  const visit = (node: ShareNode): number => {
    const below =
      node.kind === 'user'
        ? sharesOf(state, node)
        : [...node.children.values()].reduce((sum, it) => sum + visit(it), 0);
    const most =
      node.kind === 'user'
        ? userCap(node.parent!, node.name, total)
        : node.kind === 'group'
          ? cappedCpus(node.group.caps, total)
          : Infinity;
    below > most + 1e-6 && faults.push(`${node.kind} ${node.name} has ${below} of ${most} CPUs`);
    return below;
  };
  visit(state.shares.root);
  return faults;
};

function sharesOf({ running, shares }: State, user: ShareNode): number {
  let sum = 0;
  for (const { phase } of running) {
    sum += phase.leaf?.user === user ? shareOf(shares, phase.leaf) : 0;
  }
  return sum;
}
