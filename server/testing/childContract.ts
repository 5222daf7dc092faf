import * as assert from 'node:assert/strict';
import { UNCONFINED } from '../core/effects';
import type { IEnforcer, HolderProcess } from '../enforce/enforcer';
import { MIB, pinned, type IContractRig, type Rule } from './contractRig';

/** A kernel and three forks of it, each a holder that is held to something of its own. */
type Family = {
  readonly kernel: HolderProcess;
  readonly children: readonly [HolderProcess, HolderProcess, HolderProcess];
};

async function familyOf(rig: IContractRig, enforcer: IEnforcer): Promise<Family> {
  const kernel = await rig.spawn();
  enforcer.adopt(kernel);
  const children = [
    await rig.forkHolder(kernel),
    await rig.forkHolder(kernel, 'greedy'),
    await rig.forkHolder(kernel)
  ] as const;
  children.forEach(it => enforcer.adopt(it));
  confineAll(rig, enforcer, [kernel, ...children]);
  await enforcer.settled();
  return { kernel, children: [...children] };
}

/** The first has all CPUs, the others one; each has a limit of its own. */
function confineAll(
  rig: IContractRig,
  enforcer: IEnforcer,
  places: readonly HolderProcess[]
): void {
  places.forEach(({ holderId }, at) => {
    const cpus = at === 0 ? rig.cpus : rig.oneCpu;
    enforcer.confine(holderId, { ...pinned(cpus), memoryBytes: (256 - 32 * at) * MIB });
  });
}

function assertApart(rig: IContractRig, { kernel, children }: Family, alive = children.slice()) {
  const all = [kernel, ...children];
  for (const it of [kernel, ...alive]) {
    const at = all.indexOf(it);
    const cpus = at > 0 && rig.traits.confinesCpus ? rig.oneCpu : rig.cpus;
    assert.deepEqual(rig.masks(it.pid), [cpus], `CPUs of ${it.holderId}`);
    const limit = rig.traits.limitsMemory ? (256 - 32 * at) * MIB : null;
    assert.equal(rig.memoryLimit(it.holderId), limit, `memory of ${it.holderId}`);
    for (const other of rig.traits.isolates ? all : []) {
      assert.equal(
        rig.isInside(other.holderId, it.pid),
        other === it,
        `the place of ${it.holderId}`
      );
    }
  }
}

/** Forks that are holders beside the process that they came from. */
export function childRules(rule: Rule): void {
  placeRules(rule);
  endRules(rule);
}

function placeRules(rule: Rule): void {
  rule('[HOLD1] each has CPUs and a limit of its own', async (rig, enforcer) => {
    const family = await familyOf(rig, enforcer);
    assertApart(rig, family);
    for (const { holderId, pid } of [family.kernel, ...family.children]) {
      assert.equal(enforcer.holderOf(pid), holderId);
    }
    assert.deepEqual(rig.failures(), []);
  });

  rule('[HOLD4] none is taken back by its parent, whatever that does', async (rig, enforcer) => {
    const family = await familyOf(rig, enforcer);
    await rig.escape(family.kernel);
    enforcer.recall(family.kernel.holderId);
    await enforcer.settled();
    assertApart(rig, family);
    enforcer.adopt(family.kernel);
    confineAll(rig, enforcer, [family.kernel]);
    await enforcer.settled();
    assertApart(rig, family);
  });

  rule('[HOLD4] one that leaves its place comes back to its own', async (rig, enforcer) => {
    const family = await familyOf(rig, enforcer);
    await rig.escape(family.children[0]);
    enforcer.recall(family.children[0].holderId);
    await enforcer.settled();
    assertApart(rig, family);
  });

  rule('[HOLD4] [ENF4] the next sidecar takes each over where it is', async (rig, enforcer) => {
    const family = await familyOf(rig, enforcer);
    const next = await rig.start();
    try {
      [...family.children, family.kernel].forEach(it => {
        next.adopt(it);
        assertApart(rig, family);
      });
    } finally {
      await next.close();
    }
  });
}

function endRules(rule: Rule): void {
  rule(
    '[HOLD1] one that is killed, and one over its limit, hit nobody else',
    async (rig, enforcer) => {
      const family = await familyOf(rig, enforcer);
      const [killed, greedy, last] = family.children;
      await rig.kill(killed.pid);
      enforcer.release(killed.holderId);
      if (rig.traits.limitsMemory) {
        await rig.exhaust(greedy);
        assert.ok(enforcer.kills(greedy.holderId) > 0);
        assert.equal(enforcer.kills(family.kernel.holderId), 0);
      } else {
        await rig.kill(greedy.pid);
      }
      enforcer.release(greedy.holderId);
      await enforcer.settled();
      assertApart(rig, family, [last]);
      assert.deepEqual([...enforcer.found()].sort(), foundOf(rig, [family.kernel, last]));
    }
  );

  rule("[HOLD1] one outlives its parent's cell, and then its parent", async (rig, enforcer) => {
    const { kernel, children } = await familyOf(rig, enforcer);
    enforcer.confine(kernel.holderId, UNCONFINED);
    await enforcer.settled();
    assert.deepEqual(rig.masks(children[0].pid), [rig.traits.confinesCpus ? rig.oneCpu : rig.cpus]);
    enforcer.release(kernel.holderId);
    enforcer.release(children[0].holderId);
    await enforcer.settled();
    for (const { pid } of [kernel, children[0]]) {
      assert.ok(rig.isAlive(pid));
      assert.deepEqual(rig.masks(pid), [rig.cpus]);
    }
  });
}

/** The places that a tier finds of these. */
function foundOf(rig: IContractRig, places: readonly HolderProcess[]): readonly string[] {
  return rig.traits.findsPlaces ? places.map(it => it.holderId).sort() : [];
}
