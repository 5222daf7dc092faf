import * as assert from 'node:assert/strict';
import { UNCONFINED } from '../core/effects';
import type { IEnforcer, HolderProcess } from '../enforce/enforcer';
import { MIB, pinned, type IContractRig, type Rule } from './contractRig';

/** A holder that is let go. */
export function releaseRules(rule: Rule): void {
  rule(
    '[ENF2] no mask, limit or directory is left, and nothing is killed',
    async (rig, enforcer) => {
      const target = await rig.spawn();
      const child = await rig.fork(target);
      enforcer.adopt(target);
      enforcer.confine(target.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
      await enforcer.settled();
      enforcer.release(target.holderId);
      await enforcer.settled();
      for (const pid of [target.pid, child]) {
        assert.ok(rig.isAlive(pid));
        assert.ok(!rig.isInside(target.holderId, pid));
        assert.deepEqual(rig.masks(pid), [rig.cpus]);
      }
      assert.deepEqual(enforcer.found(), []);
    }
  );

  rule('a dead holder leaves nothing either', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    await rig.kill(target.pid);
    enforcer.release(target.holderId);
    await enforcer.settled();
    assert.deepEqual(enforcer.found(), []);
    assert.deepEqual(rig.failures(), []);
  });

  rule('is idempotent, and shrugs at strangers', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    enforcer.release(target.holderId);
    enforcer.release(target.holderId);
    enforcer.release('nobody');
    await enforcer.settled();
    enforcer.adopt(target);
    assert.equal(rig.isInside(target.holderId, target.pid), rig.traits.isolates);
  });

  rule('[ENF2] close gives every holder back', async (rig, enforcer) => {
    const [first, second] = [await rig.spawn(), await rig.spawn()];
    for (const target of [first, second]) {
      enforcer.adopt(target);
      enforcer.confine(target.holderId, { ...pinned(rig.oneCpu), idle: true });
    }
    await enforcer.close();
    for (const { pid } of [first, second]) {
      assert.ok(rig.isAlive(pid));
      assert.deepEqual(rig.masks(pid), [rig.cpus]);
    }
  });
}

/** Another sidecar that shares the cgroup of this one. */
export function neighbourRules(rule: Rule): void {
  const pin = (rig: IContractRig, enforcer: IEnforcer, target: HolderProcess): void => {
    enforcer.adopt(target);
    enforcer.confine(target.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
  };
  const isHeld = async (
    rig: IContractRig,
    enforcer: IEnforcer,
    target: HolderProcess
  ): Promise<void> => {
    await enforcer.settled();
    assert.deepEqual(rig.masks(target.pid), [rig.traits.confinesCpus ? rig.oneCpu : rig.cpus]);
  };

  rule('[ENF2] a sidecar that comes and goes breaks nothing', async (rig, enforcer) => {
    const [mine, theirs, later] = [await rig.spawn(), await rig.spawn(), await rig.spawn()];
    pin(rig, enforcer, mine);
    const other = await rig.startBeside();
    pin(rig, other, theirs);
    await isHeld(rig, other, theirs);
    await other.close();
    assert.deepEqual(rig.masks(theirs.pid), [rig.cpus]);
    await isHeld(rig, enforcer, mine);
    pin(rig, enforcer, later);
    await isHeld(rig, enforcer, later);
    assert.deepEqual(rig.failures(), []);
  });

  rule('[ENF2] a sidecar outlives the one that came first', async (rig, enforcer) => {
    const [mine, theirs, later] = [await rig.spawn(), await rig.spawn(), await rig.spawn()];
    pin(rig, enforcer, mine);
    const other = await rig.startBeside();
    try {
      pin(rig, other, theirs);
      await enforcer.close();
      assert.deepEqual(rig.masks(mine.pid), [rig.cpus]);
      await isHeld(rig, other, theirs);
      pin(rig, other, later);
      await isHeld(rig, other, later);
    } finally {
      await other.close();
    }
    assert.deepEqual(rig.failures(), []);
  });
}

/** A sidecar that ended without letting its holders go. */
export function crashRules(rule: Rule): void {
  rule('[ENF4] the next sidecar finds the places and takes them over', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    enforcer.confine(target.holderId, { ...pinned(rig.oneCpu), memoryBytes: 512 * MIB });
    await enforcer.settled();
    const next = await rig.start();
    try {
      assert.deepEqual(next.found(), rig.traits.findsPlaces ? [target.holderId] : []);
      next.adopt(target);
      await next.settled();
      const kept = rig.traits.confinesCpus ? rig.oneCpu : rig.cpus;
      assert.deepEqual(rig.masks(target.pid), [kept], 'the holder was let loose meanwhile');
      for (const memoryBytes of [1024 * MIB, 256 * MIB, null]) {
        next.confine(target.holderId, { ...UNCONFINED, memoryBytes });
        const limit = rig.traits.limitsMemory ? memoryBytes : null;
        assert.equal(rig.memoryLimit(target.holderId), limit);
      }
      await next.settled();
      assert.deepEqual(rig.masks(target.pid), [rig.cpus]);
    } finally {
      await next.close();
    }
    assert.deepEqual(rig.masks(target.pid), [rig.cpus]);
  });

  rule('[ENF4] places that nobody claims are given back at the end', async (rig, enforcer) => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    enforcer.confine(target.holderId, pinned(rig.oneCpu));
    await enforcer.settled();
    const next = await rig.start();
    await next.close();
    assert.deepEqual(rig.masks(target.pid), [rig.cpus]);
    assert.deepEqual(rig.leftovers(), []);
  });
}
