import fc from 'fast-check';
import { ANN, cpusOf, Harness, nodeOf } from '../testing/harness';
import { RandomSource } from '../testing/randomSource';
import { RandomTrace } from '../testing/randomTrace';
import { snapshot } from './view';
import * as leases from './holder/leases';
import * as weights from './cpu/weights';
import * as groups from './policy/groups';
import { EVEN_SHARING, plainGroup, type Sharing } from './policy/groups';
import { shareOf, type ShareTree } from './policy/shareTree';
import * as membership from './policy/membership';
import * as shareTree from './policy/shareTree';

const CPUS = 8;

/** Teach the core that a user's source is serial: it ran alone and was measured (LEARN2). */
function learnSerial(it: Harness, owner: string): void {
  const holderId = `teacher of ${owner}`;
  it.holder(holderId, owner);
  it.claim(holderId, holderId, {}, { sourceHash: 'serial' });
  it.measure(holderId, { cpusBusy: 0.9, cpuSeconds: 1 });
  it.clock.advance(3000);
  it.end(holderId);
  it.measure(holderId, { cpuSeconds: 1 });
}

/** Cells that together want no more than there is; returns the writes that they cost. */
function quietWrites(seed: number): number {
  const random = new RandomSource(seed);
  const it = new Harness(nodeOf({ cpus: cpusOf({ cores: CPUS }), sharesByWeight: seed % 2 === 0 }));
  for (let index = 0; index < CPUS; index += 1) {
    it.holder(`k${index}`, random.pick(['ann', 'bob']));
  }
  ['ann', 'bob'].forEach(owner => learnSerial(it, owner));
  const before = it.writes;
  for (let index = 0; index < 200; index += 1) {
    const holderId = `k${random.whole(0, CPUS - 1)}`;
    const running = it.state.holders.get(holderId)!.running.size > 0;
    running
      ? it.end([...it.state.holders.get(holderId)!.running][0]!.claim.id)
      : it.claim(`c${index}`, holderId, {}, { sourceHash: 'serial' });
    it.measure(holderId, { cpusBusy: random.next() * 0.9, cpuSeconds: index, memoryBytes: 1e8 });
    random.chance(0.3) && it.wait(500);
  }
  return it.writes - before;
}

describe('a quiet node', () => {
  it('[CPU2] P3: demands that fit cost no write', () => {
    fc.assert(
      fc.property(fc.nat(1000), seed => quietWrites(seed) === 0),
      { numRuns: 30 }
    );
  });

  it('a planted fault is found: P3', () => {
    jest.spyOn(weights, 'weightFor').mockImplementation((_, holder) => 100 + holder.running.size);
    expect(quietWrites(1)).toBeGreaterThan(0);
    jest.restoreAllMocks();
  });
});

/** Restart in mid-run: the claims that ran are taken over by a fresh core, then all end. */
function leftAfterRestart(seed: number): string[] {
  const trace = new RandomTrace(new RandomSource(seed), { nonsense: 0, holders: 6 });
  for (let index = 0; index < 150; index += 1) {
    trace.next();
  }
  trace.send({ type: 'policyChosen', policy: 'dynamic', by: ANN });
  const it = new Harness(trace.state.node!);
  it.clock.advance(trace.state.nowMs);
  for (const { holder } of trace.state.holders.values()) {
    it.send({ type: 'holderArrived', holder });
  }
  const running = [...trace.state.running];
  for (const { claim, phase } of running) {
    const granted = { grant: phase.grant, sinceMs: phase.grantedMs };
    it.send({ type: 'claimArrived', claim, granted, waitingSinceMs: null });
  }
  const view = snapshot(it.state, it.clock.nowMs, '');
  const lost = running.filter(
    ({ claim }) => view.claims.find(seen => seen.id === claim.id)?.state !== 'running'
  );
  running.forEach(({ claim }) => it.send({ type: 'claimCancelled', claimId: claim.id, by: ANN }));
  running.forEach(({ claim }) => it.end(claim.id));
  for (const holderId of it.state.holders.keys()) {
    it.send({ type: 'holdReleased', holderId, by: ANN });
  }
  const bound = [...it.confined].filter(([, c]) => c.cpus !== null || c.memoryBytes !== null);
  return [
    ...lost.map(({ claim }) => `${claim.id} was lost`),
    ...bound.map(([id]) => `${id} is bound`)
  ];
}

describe('a restart', () => {
  it('[ENF4] P12: what ran is taken over, and everything is undone at its end', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      expect([seed, leftAfterRestart(seed)]).toEqual([seed, []]);
    }
  });

  it('a planted fault is found: P12', () => {
    jest.spyOn(leases, 'leaveLease').mockImplementation(() => undefined);
    const left = Array.from({ length: 40 }, (_, seed) => {
      try {
        return leftAfterRestart(seed + 1).length;
      } catch {
        return 1; // an invariant of the harness spoke first
      }
    });
    expect(Math.max(...left)).toBeGreaterThan(0);
    jest.restoreAllMocks();
  });
});

/** A tree of two groups with users and cells of random demands. */
function treeOf(
  scale: number,
  weightsOf: readonly number[],
  demands: readonly number[],
  cpus = CPUS
): { tree: ShareTree; shares: () => number[]; leaves: shareTree.Leaf[] } {
  const sharing: Sharing = {
    ...EVEN_SHARING,
    groups: ['a', 'b'].map((name, index) => ({
      ...plainGroup(name),
      weight: (weightsOf[index] ?? 1) * scale,
      users: { [`${name}1`]: (weightsOf[2 + index] ?? 1) * scale, [`${name}2`]: scale }
    }))
  };
  const tree = shareTree.createShareTree(sharing, cpus, 0);
  const users = ['a1', 'a2', 'b1', 'b2'].map(name => membership.userNode(tree, [name], [], 0));
  const leaves = demands.map((demand, index) =>
    shareTree.addLeaf(tree, users[index % users.length]!, demand)
  );
  return { tree, leaves, shares: () => leaves.map(leaf => shareOf(tree, leaf)) };
}

const demandsOf = fc.array(fc.double({ min: 0.1, max: CPUS, noNaN: true }), {
  minLength: 1,
  maxLength: 24
});
const weightsOf = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 4 });

function isScaleFree(scale: number, w: readonly number[], demands: readonly number[]): boolean {
  const plain = treeOf(1, w, demands).shares();
  const scaled = treeOf(scale, w, demands).shares();
  return plain.every((share, index) => Math.abs(share - scaled[index]!) < 1e-6);
}

/** Time until cells of equal work, all there from the start, are done; rates are their shares. */
function makespan(cpus: number, demands: readonly number[]): number {
  const { tree, leaves } = treeOf(1, [1, 1, 1, 1], demands, cpus);
  const left = new Map(leaves.map(leaf => [leaf, 1]));
  let now = 0;
  while (left.size) {
    const spans = [...left].map(([leaf, work]) => work / shareOf(tree, leaf));
    const span = Math.min(...spans);
    now += span;
    const rates = new Map([...left.keys()].map(leaf => [leaf, shareOf(tree, leaf)]));
    for (const [leaf, work] of left) {
      const rest = work - rates.get(leaf)! * span;
      left.set(leaf, rest);
      if (rest <= 1e-9) {
        left.delete(leaf);
        shareTree.removeLeaf(leaf);
      }
    }
  }
  return now;
}

describe('shares', () => {
  it('[CPU3] P16: weights count only relative to each other', () => {
    fc.assert(fc.property(fc.constantFrom(2, 7, 100), weightsOf, demandsOf, isScaleFree));
  });

  it('a planted fault is found: P16', () => {
    const { entitle } = groups;
    jest.spyOn(groups, 'entitle').mockImplementation((cpus, children) =>
      entitle(
        cpus,
        children.map(child => ({ ...child, weight: child.weight + 1 }))
      )
    );
    expect(isScaleFree(100, [1, 9, 1, 1], [8, 8, 8, 8])).toBe(false);
    jest.restoreAllMocks();
  });

  it('[CPU4] P14: with another CPU a batch of equal work ends no later', () => {
    fc.assert(
      fc.property(demandsOf, fc.integer({ min: 1, max: CPUS }), (demands, cpus) => {
        expect(makespan(cpus + 1, demands)).toBeLessThanOrEqual(makespan(cpus, demands) + 1e-6);
      })
    );
  });

  it('a planted fault is found: P14', () => {
    const { createShareTree } = shareTree;
    jest.spyOn(shareTree, 'createShareTree').mockImplementation((sharing, cpus, atMs) => {
      const tree = createShareTree(sharing, cpus, atMs);
      tree.capacity = 10 - cpus;
      return tree;
    });
    expect(makespan(5, [8, 8])).toBeGreaterThan(makespan(4, [8, 8]));
    jest.restoreAllMocks();
  });
});
