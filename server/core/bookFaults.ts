import { DONE_MAX } from './claim/remember';
import { STORY_LINES_MAX } from './claim/story';
import { cpusWaitedFor } from './cpu/cpuCounts';
import { hasQueued } from './queue/reserve';
import { createSeniorities, seniorityAfter, type Seniorities } from './policy/seniority';
import type { ShareNode } from './policy/shareTree';
import { isRunning, isWaiting, type HolderEntry } from './entries';
import type { State } from './state';

/** Whether a holder is in the list of holders. */
export function isKnown(state: State, holder: HolderEntry): boolean {
  return state.holders.get(holder.holder.id) === holder;
}

/** Each claim is in exactly one list, and none is kept forever. */
export function bookFaults(state: State): string[] {
  const faults: string[] = [];
  const queued = new Set(state.queue);
  let [waiting, insisting] = [0, 0];
  for (const entry of state.claims.values()) {
    const { id } = entry.claim;
    waiting += isWaiting(entry) ? 1 : 0;
    insisting += isWaiting(entry) && state.insisting.has(entry) ? 1 : 0;
    if (isWaiting(entry) && cpusWaitedFor(entry.claim.ask) > 0 !== state.insisting.has(entry)) {
      faults.push(`books: ${id} insists on CPUs, or not`);
    }
    if (isWaiting(entry) && !(queued.has(entry) && entry.holder.waiting.has(entry))) {
      faults.push(`books: ${id} waits in no queue`);
    }
    if (isRunning(entry)) {
      const isLeasing = state.leasing.has(entry) === hasQueued(entry.phase.lease);
      const isBooked = state.running.has(entry) && entry.holder.running.has(entry);
      (isBooked && isLeasing) || faults.push(`books: ${id} runs and is not in the books`);
    }
    const isOver = !isWaiting(entry) && !isRunning(entry);
    isOver || isKnown(state, entry.holder) || faults.push(`books: ${id} has lost its holder`);
    isOver === state.done.has(entry) || faults.push(`books: ${id} is over, or not`);
    entry.story.length <= STORY_LINES_MAX || faults.push(`bounds: the story of ${id}`);
  }
  insisting === state.insisting.size || faults.push('books: who insists on CPUs waits no more');
  waiting === state.queue.length || faults.push(`books: ${state.queue.length} in the queue`);
  faults.push(...ageFaults(state));
  const sum = waiting + state.running.size + state.done.size;
  sum === state.claims.size || faults.push(`books: ${state.claims.size} claims, not ${sum}`);
  state.done.size <= DONE_MAX || faults.push(`bounds: ${state.done.size} claims are over`);
  state.dirty.size === 0 || faults.push('books: a confinement was not ordered');
  return faults;
}

/** CPU7: what users and their groups count of the ages of cells is what their cells say. */
function ageFaults({ running }: State): string[] {
  const counted = new Map<ShareNode, Seniorities>();
  const of = (node: ShareNode) => {
    const it = counted.get(node) ?? createSeniorities();
    counted.set(node, it);
    return it;
  };
  for (const { phase } of running) {
    if (phase.leaf) {
      const { user, seniority, attained } = phase.leaf;
      const it = of(user);
      it.count += 1;
      it.sum += seniority;
      it.attained += attained;
      it.own = seniorityAfter(user.seniorities.attained);
    }
  }
  for (const [{ kind, parent }, { own }] of [...counted]) {
    if (kind === 'user') {
      of(parent!).count += 1;
      of(parent!).sum += own;
    }
  }
  return [...counted].flatMap(([node, it]) => {
    const isRight = Object.entries(it).every(
      ([name, value]) => Math.abs(value - node.seniorities[name as keyof Seniorities]) < 1e-3
    );
    return isRight ? [] : [`books: ages of ${node.name} are ${JSON.stringify(node.seniorities)}`];
  });
}

/** ADM5, ADM6: waiting claims hold nothing and are in one queue each. */
export function queueFaults(state: State): string[] {
  const places = new Map<string, number[]>();
  for (const { phase } of state.queue) {
    places.set(phase.line, [...(places.get(phase.line) ?? []), phase.position]);
  }
  return [...places].flatMap(([line, positions]) => {
    const isInLine = positions.sort((a, b) => a - b).every((at, index) => at === index + 1);
    return isInLine ? [] : [`queue: places ${positions.join()} for ${line}`];
  });
}
